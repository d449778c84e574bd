"""wrk, a compiled load generator, with the calls of load.lua beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SCRIPT = Path(__file__).resolve().with_name("load.lua")


def wrk(port: int, connections: int, seconds: float, *mode: str | int) -> dict[str, float]:
    """What load.lua counted."""
    program = shutil.which("wrk")
    if not program:
        sys.exit("wrk is not here: run scripts/setup --bench")
    command = [program, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "600s"]
    command += ["-s", str(SCRIPT), f"http://127.0.0.1:{port}", "--", *map(str, mode)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    line = done.stdout.rstrip().rpartition("\n")[2].split()
    if done.returncode != 0 or not line or line[0] != "counts":
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    counts = {name: float(value) for name, value in zip(line[1::2], line[2::2], strict=True)}
    if counts["refused"] or counts["errors"]:
        sys.exit(f"{' '.join(command)}: not all calls were answered\n{done.stdout}")
    return counts


def fill(port: int, count: int, salts: Iterator[str]) -> None:
    """Adds so many tasks. wrk ends by its clock alone, so in slices of a second."""
    while count > 0:
        count -= int(wrk(port, 8, 1, "fill", next(salts), count)["adds"])
