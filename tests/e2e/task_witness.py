"""What witness/sitecustomize.py has seen: the tests' own account of which task ran when."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

CODE = Path(__file__).parent / "witness"


class Event(NamedTuple):
    name: str  # start, end or twice
    task: str
    attempt: str  # its number; luigi under stock Luigi
    pid: str


class Witness:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def environment(self, base: dict[str, str]) -> dict[str, str]:
        """`base`, for processes that are to be watched."""
        path = [str(CODE), *filter(None, [base.get("PYTHONPATH")])]
        return {
            **base,
            "PYTHONPATH": os.pathsep.join(path),
            "TASK_WITNESS": str(self.folder),
        }

    def events(self, name: str) -> list[Event]:
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [event for line in lines if (event := Event(*line.split())).name == name]
