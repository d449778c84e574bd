"""examples/ctr_ab_test as the tests see it: its data, and a run of it under stock Luigi."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "ctr_ab_test"
DATA = ROOT / "build" / "test-data" / "ctr_ab_test"
WEEK = ("--start", "2019-11-24", "--end", "2019-12-01")
REPORT = "report/2019-11-24_2019-12-01"
TIME_MAX_S = 120

# What scripts/setup --test makes: one environment for each Luigi that we say we work with.
PYTHONS = {
    "3.8.1": ROOT / "build" / "venv" / "bin" / "python",
    "3.7.3": ROOT / "build" / "venv-luigi373" / "bin" / "python",
}


class Run(NamedTuple):
    out: Path  # what it left
    log: str  # stdout and stderr
    code: int


def fetch() -> Path:
    """The data's folder; made at the first call on this machine."""
    subprocess.run([sys.executable, EXAMPLE / "fetch_data.py", DATA], check=True)
    return DATA


def environment(data: Path, out: Path) -> dict[str, str]:
    """In which the example's tasks find their folders, under any engine."""
    return {
        **os.environ,
        "CTR_DATA": str(data),
        "CTR_OUT": str(out),
        "PYTHONPATH": str(EXAMPLE / "pipelines"),
    }


def run_stock(
    version: str,
    data: Path,
    out: Path,
    task: tuple[str, ...],
    workers: int = 2,
    scheduler: tuple[str, ...] = ("--local-scheduler",),
) -> Run:
    """`luigi SCHEDULER --module TASK` in the example's folder, with its luigi.cfg.

    `task` is what comes after --module; `scheduler` may also be ("--scheduler-url", "http://…").
    """
    python = PYTHONS[version]
    if not python.exists():
        raise FileNotFoundError(f"{python}: no Python with Luigi {version}: scripts/setup --test")
    command = [python, "-m", "luigi", *scheduler, "--workers", str(workers)]
    command += ["--no-lock", "--module"]  # tests run side by side
    done = subprocess.run(
        [*command, *task],
        check=False,
        cwd=EXAMPLE,
        env=environment(data, out),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIME_MAX_S,
    )
    return Run(out, done.stdout, done.returncode)


def run_experiment(version: str, data: Path, out: Path, workers: int = 2) -> Run:
    return run_stock(version, data, out, ("ctr.publish", "Experiment", *WEEK), workers)
