"""Stock Luigi workers and headrace workers share one scheduler, and never one task at a time."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path

from headrace_system import PIPELINES, PYTHON, System, await_that
from task_witness import Witness

COUNT = 60
ROLES = ("scheduler", "planner", "worker", "worker")


class WatchedSystem(System):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.witness = Witness(folder / "witness")

    def environment(self) -> dict[str, str]:
        return self.witness.environment(super().environment())

    def start_luigi(self) -> subprocess.Popen[bytes]:
        """Stock Luigi for the same root task, with two processes."""
        task = ("--module", "shared_tasks", "Steps", "--out", str(self.out), "--count", str(COUNT))
        environment = self.witness.environment({**os.environ, "PYTHONPATH": str(PIPELINES)})
        with (self.folder / "luigi.log").open("wb") as log:
            process = subprocess.Popen(
                [PYTHON, "-m", "luigi", "--scheduler-url", self.url, "--workers", "2", *task],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process


def test_workers_of_two_kinds_never_run_a_task_at_once_or_again(tmp_path: Path) -> None:
    system = WatchedSystem(tmp_path)
    try:
        for role in ROLES:
            system.start(role)
        run = system.run("Steps", "shared_tasks", count=str(COUNT))
        luigi = system.start_luigi()

        assert luigi.wait(100) == 0, system.texts()
        await_that("the run is done", lambda: system.get(f"/v1/runs/{run}")["state"] == "done")
    finally:
        system.stop()

    assert system.witness.events("twice") == []
    steps = [event for event in system.witness.events("start") if event.task.startswith("Step_")]
    assert Counter(event.task for event in steps).most_common(1)[0][1] == 1
    assert len(steps) == COUNT
    kinds = Counter(path.read_text() for path in system.out.glob("step-*"))
    assert kinds.keys() == {"headrace", "luigi"} and kinds.total() == COUNT, kinds
