"""A task that fails holds up its dependents and nobody else, and is tried again by itself."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from headrace_system import BINARY, System, await_that, running

MODULE = "failing_tasks"
FAILURES_MAX = 4  # Broken's own count; its pipeline's is 2
DELAY_MS = 300


YEAR_MS = 1546300800000  # 2019, UTC


@pytest.fixture()
def system(tmp_path: Path) -> Iterator[System]:
    settings = {
        "pipelines.whole": {"module": MODULE, "task": "Whole", "schedule": "0 0 1 1 *"},
        "pipelines.whole.params": {"out": str(tmp_path / "out")},
        "pipelines.whole.retry": {"count": 2, "delay": f"{DELAY_MS}ms", "backoff": 1.0},
    }
    with running(tmp_path, settings) as started:
        yield started


def one_run(system: System) -> int:
    body = {"pipeline": "whole", "interval_start": YEAR_MS}
    return system.post("/v1/runs", body)["run"]


def tasks_of(system: System, run: int) -> dict[str, list[str]]:
    """Family -> statuses of its tasks."""
    found: dict[str, list[str]] = {}
    for task in system.get(f"/v1/runs/{run}/tasks?limit=1000")["items"]:
        found.setdefault(task["family"], []).append(task["status"])
    return found


def broken(system: System, run: int) -> str:
    def planned() -> list[str]:
        items = system.get(f"/v1/runs/{run}/tasks?limit=1000")["items"]
        return [task["id"] for task in items if task["family"] == "Broken"]

    [task] = await_that("Broken is planned", planned)
    return task


def command(system: System, *words: str) -> str:
    done = subprocess.run(
        [BINARY, *words, "--url", system.url],
        cwd=system.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_only_the_dependents_of_a_failing_task_wait_and_it_is_retried_by_itself(
    system: System,
) -> None:
    run = one_run(system)
    task = broken(system, run)
    system.await_status(task, "DISABLED")

    attempts = system.attempts(task)
    assert [attempt["outcome"] for attempt in attempts] == ["failed"] * FAILURES_MAX
    waits = [
        later["started_at"] - earlier["ended_at"] for earlier, later in itertools.pairwise(attempts)
    ]
    assert all(wait >= 0.9 * DELAY_MS for wait in waits), waits  # jitter: a tenth
    assert [item["id"] for item in system.get("/v1/runs")["items"]] == [run]  # no other run's work

    await_that("the rest is done", lambda: tasks_of(system, run)["Sound"] == ["DONE"] * 10)
    assert tasks_of(system, run) == {
        "Broken": ["DISABLED"],
        "AboveBroken": ["PENDING"],
        "Whole": ["PENDING"],
        "Source": ["DONE"] * 10,
        "Sound": ["DONE"] * 10,
    }
    await_that("its run has failed", lambda: system.get(f"/v1/runs/{run}")["state"] == "failed")


def test_another_run_does_not_wait_for_a_failing_task(system: System) -> None:
    run = one_run(system)
    task = broken(system, run)
    await_that("it has failed once", lambda: system.status(task) == "FAILED")

    other = system.run("Sound", MODULE, number="77")

    system.await_status(system.root(other), "DONE")
    assert system.status(task) != "DONE"


def test_why_shows_the_traceback_of_what_holds_a_task_up(system: System) -> None:
    run = one_run(system)
    task = broken(system, run)
    system.await_status(task, "DISABLED")

    for asked in (task, system.root(run)):
        text = command(system, "why", asked)

        assert "Traceback (most recent call last)" in text, text
        assert "ValueError: broken on purpose" in text, text
        assert "failing_tasks.py" in text, text


def test_a_mended_task_that_is_retried_brings_its_run_to_the_end(system: System) -> None:
    run = one_run(system)
    task = broken(system, run)
    system.await_status(task, "DISABLED")
    (system.out / "mended").touch()

    command(system, "retry", task)

    await_that("its run is done", lambda: system.get(f"/v1/runs/{run}")["state"] == "done")
    outcomes = [attempt["outcome"] for attempt in system.attempts(task)]
    assert outcomes == ["failed"] * FAILURES_MAX + ["done"]
