"""What happens when something dies: nothing runs twice at once, nothing is left behind or lost."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from headrace_system import BINARY, System, await_that, is_alive, running

APART = ("scheduler", "planner", "worker")
SCHEDULER, WORKER = 0, 2  # in System.processes
IMPATIENT = {"scheduler": {"lease": "3s"}}


@pytest.fixture()
def system(tmp_path: Path) -> Iterator[System]:
    with running(tmp_path, IMPATIENT, APART) as started:
        yield started


def started(system: System, attempt: int, n: int = 0) -> int:
    """The process of an attempt of Waiting, once it runs."""
    return int(system.file(f"started-{n}-{attempt}"))


def go(system: System) -> None:
    (system.out / "go").touch()


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def test_a_worker_that_is_killed_leaves_no_process_and_its_task_runs_elsewhere(
    system: System,
) -> None:
    run = system.run("Waiting")
    pid = started(system, 1)
    hosts = children_of(system.processes[WORKER].pid)
    assert hosts

    system.processes[WORKER].kill()

    await_that("the task is gone", lambda: not is_alive(pid))
    await_that("its host is gone", lambda: not any(is_alive(host) for host in hosts))
    system.start("worker")
    assert system.await_attempt(run)["outcome"] == "lost"
    started(system, 2)
    go(system)
    assert system.await_attempt(run, 2)["outcome"] == "done"


def test_work_is_not_given_to_a_worker_that_was_killed_while_it_waited(tmp_path: Path) -> None:
    with running(tmp_path, roles=APART) as system:  # with a lease of half a minute
        await_that("the worker waits", lambda: system.get("/v1/workers")["items"])
        system.processes[WORKER].kill()
        system.processes[WORKER].wait()
        system.start("worker")

        run = system.run("Quiet")

        assert system.await_attempt(run)["outcome"] == "done"
        assert len(system.attempts(system.root(run))) == 1


def test_a_task_that_ends_while_the_scheduler_is_away_is_reported_when_it_is_back(
    system: System,
) -> None:
    run = system.run("Waiting")
    task = system.root(run)
    started(system, 1)

    system.processes[SCHEDULER].kill()
    system.processes[SCHEDULER].wait()
    go(system)
    system.file(task)  # it has ended
    system.start("scheduler")

    assert system.await_attempt(run)["outcome"] == "done"
    assert len(system.attempts(task)) == 1


def test_a_scheduler_that_is_killed_and_back_at_once_disturbs_no_task(system: System) -> None:
    run = system.run("Waiting")
    task = system.root(run)
    pid = started(system, 1)

    for _ in range(3):
        system.processes[SCHEDULER].kill()
        system.processes[SCHEDULER].wait()
        system.processes[SCHEDULER] = system.start("scheduler")
    assert is_alive(pid)
    go(system)

    assert system.await_attempt(run)["outcome"] == "done"
    assert len(system.attempts(task)) == 1


def test_a_worker_that_stood_still_ends_its_task_when_it_goes_on(system: System) -> None:
    run = system.run("Waiting")
    pid = started(system, 1)

    system.processes[WORKER].send_signal(signal.SIGSTOP)
    system.start("worker")
    started(system, 2)  # the first one's lease has run out
    assert not is_alive(pid)  # its host has ended it, though the worker cannot
    system.processes[WORKER].send_signal(signal.SIGCONT)
    await_that("the first process is gone", lambda: not is_alive(pid))
    go(system)

    assert system.await_attempt(run, 2)["outcome"] == "done"
    assert system.await_attempt(run)["outcome"] == "lost"


def test_a_scheduler_that_hangs_for_long_costs_the_attempt_and_nothing_runs_twice(
    system: System,
) -> None:
    run = system.run("Waiting")
    pid = started(system, 1)

    system.processes[SCHEDULER].send_signal(signal.SIGSTOP)
    await_that("the worker stops its task", lambda: not is_alive(pid))
    system.processes[SCHEDULER].send_signal(signal.SIGCONT)

    started(system, 2)
    go(system)
    assert system.await_attempt(run, 2)["outcome"] == "done"
    assert system.await_attempt(run)["outcome"] == "lost"


def test_a_worker_told_to_stop_lets_its_task_end_and_takes_no_other(system: System) -> None:
    first = system.run("Waiting")
    started(system, 1)

    system.processes[WORKER].terminate()
    await_that("the worker drains", lambda: system.get("/v1/workers")["items"][0]["draining"])
    second = system.run("Quiet")
    task = system.root(second)
    go(system)

    assert system.processes[WORKER].wait(30) == 0
    assert system.await_attempt(first)["outcome"] == "done"
    assert system.attempts(task) == []
    system.start("worker")
    assert system.await_attempt(second)["outcome"] == "done"


def test_a_second_signal_ends_the_worker_at_once(system: System) -> None:
    run = system.run("Stubborn")
    pid = int(system.file("stubborn.pid"))

    system.processes[WORKER].terminate()
    await_that("the worker drains", lambda: system.get("/v1/workers")["items"][0]["draining"])
    system.processes[WORKER].terminate()

    system.processes[WORKER].wait(20)
    assert not is_alive(pid)
    assert system.await_attempt(run)["outcome"] == "lost"


def test_run_tells_by_its_exit_status_whether_the_task_succeeded(tmp_path: Path) -> None:
    system = System(tmp_path)

    def status(family: str) -> int:
        command = [BINARY, "run", "--config", str(system.config), "--quiet", "bad_tasks", family]
        command += ["--out", str(system.out)]
        return subprocess.run(command, cwd=tmp_path, timeout=100, check=False).returncode

    assert status("Quiet") == 0
    assert list(system.out.glob("Quiet_*"))
    assert status("Raising") != 0
