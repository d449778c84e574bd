"""The witness that other tests rely on sees what it is there to see."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from headrace_system import PIPELINES, PYTHON, await_that
from task_witness import Witness


def start_step(folder: Path, witness: Witness) -> subprocess.Popen[bytes]:
    """A task that runs until the file `headrace` is there, in a process of its own."""
    environment = witness.environment({**os.environ, "PYTHONPATH": str(PIPELINES)})
    task = ("--module", "shared_tasks", "Step", "--out", str(folder), "--number", "1")
    command = [PYTHON, "-m", "luigi", "--local-scheduler", "--no-lock", *task]
    output = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)


def await_starts(witness: Witness, count: int) -> None:
    await_that(f"{count} have started", lambda: len(witness.events("start")) == count)


def test_witness_sees_a_task_that_runs_twice_at_once(tmp_path: Path) -> None:
    witness = Witness(tmp_path / "witness")
    processes = [start_step(tmp_path, witness) for _ in range(2)]
    await_starts(witness, 2)

    (tmp_path / "headrace").touch()

    assert [process.wait(60) for process in processes] == [0, 0]
    assert len(witness.events("twice")) == 1
    assert len(witness.events("end")) == 2


def test_witness_does_not_mind_a_task_that_runs_again_after_its_process_died(
    tmp_path: Path,
) -> None:
    witness = Witness(tmp_path / "witness")
    first = start_step(tmp_path, witness)
    await_starts(witness, 1)
    first.kill()
    first.wait()

    second = start_step(tmp_path, witness)
    await_starts(witness, 2)
    (tmp_path / "headrace").touch()

    assert second.wait(60) == 0
    assert witness.events("twice") == []
