"""Tasks that behave badly: each ends as it should, its log is kept up to a limit, nothing hangs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from headrace_system import System, await_that, is_alive, running

MIB = 1 << 20
LIMITS = {"logs": {"limit": "4MiB"}, "worker": {"memory_limit": "1GiB"}}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("bad_tasks"), LIMITS) as started:
        yield started


def test_a_task_that_prints_100_mb_is_done_and_its_log_keeps_both_ends(system: System) -> None:
    attempt = system.await_attempt(system.run("Loud"))

    log = system.log(attempt)
    assert attempt["outcome"] == "done", attempt
    assert len(log) < 4 * MIB + 10_000
    assert log.index("the first line") < log.index("bytes left out here")
    assert log.index("bytes left out here") < log.index("the last line")
    assert attempt["log_bytes"] < 4 * MIB + 10_000


def test_bytes_that_are_no_utf8_are_shown_as_far_as_they_are(system: System) -> None:
    attempt = system.await_attempt(system.run("Garbled"))

    assert attempt["outcome"] == "done", attempt
    assert "before " in system.log(attempt, "stdout")
    assert " after\n" in system.log(attempt, "stdout")
    [path] = (system.folder / "logs").glob(f"*/{attempt['attempt']}.log")
    assert b"before \xff\xfe\x80 after\n" in path.read_bytes()


def test_processes_that_a_task_leaves_behind_end_with_it(system: System) -> None:
    attempt = system.await_attempt(system.run("Grandparent"))

    assert attempt["outcome"] == "done", attempt
    for name in ("child.pid", "daemon.pid"):
        assert not is_alive(int(system.file(name))), name


def test_a_task_that_ignores_sigterm_is_killed_when_its_time_is_over(system: System) -> None:
    attempt = system.await_attempt(system.run("TimedOut"))

    assert attempt["outcome"] == "failed"
    assert attempt["error"]["where"] == "timeout"
    assert attempt["error"]["message"] == "timed out after 1 s"
    assert attempt["signal"] == 9
    assert not is_alive(int(system.file("stubborn.pid")))


def test_a_task_that_ignores_sigterm_is_killed_when_an_operator_cancels_it(
    system: System,
) -> None:
    (system.out / "stubborn.pid").unlink(missing_ok=True)
    run = system.run("Stubborn")
    task = system.root(run)
    pid = int(system.file("stubborn.pid"))

    system.post(f"/v1/tasks/{task}/cancel", {})

    attempt = system.await_attempt(run)
    assert attempt["outcome"] == "cancelled", attempt
    assert not is_alive(pid)


def test_a_task_that_ends_by_a_signal_fails_with_its_name(system: System) -> None:
    attempt = system.await_attempt(system.run("Signalled"))

    assert attempt["outcome"] == "failed"
    assert attempt["error"]["message"] == "killed by signal 11 (SIGSEGV)"
    assert attempt["signal"] == 11
    assert "about to end" in system.log(attempt)


def test_a_task_that_takes_more_memory_than_its_limit_fails_with_that(system: System) -> None:
    attempt = system.await_attempt(system.run("Hungry"))

    assert attempt["outcome"] == "failed"
    assert attempt["error"]["where"] == "memory"
    assert attempt["error"]["type"] == "MemoryError"
    assert attempt["max_rss_kb"] < 1100 * 1024


def test_a_task_whose_thread_still_runs_ends_when_the_thread_does(system: System) -> None:
    attempt = system.await_attempt(system.run("Threaded"))

    assert attempt["outcome"] == "done", attempt
    assert system.file("thread") == "ended"
    assert "the thread has ended" in system.log(attempt)


def test_an_exception_is_told_with_its_traceback(system: System) -> None:
    attempt = system.await_attempt(system.run("Raising"))

    assert attempt["error"]["type"] == "ValueError"
    assert attempt["error"]["message"] == "no such luck"
    assert "bad_tasks.py" in attempt["error"]["traceback"]


def test_a_module_that_cannot_be_forked_runs_and_its_log_says_why(system: System) -> None:
    attempt = system.await_attempt(system.run("Safe", "threaded_import"))

    assert attempt["outcome"] == "done", attempt
    log = system.log(attempt)
    assert "[headrace] this attempt got a fresh interpreter" in log
    assert "poller" in log


def test_a_module_whose_import_fails_fails_the_run_with_the_exception(system: System) -> None:
    run = system.run("Any", "no_import")

    def told() -> str:
        error = system.get(f"/v1/runs/{run}").get("error")
        return str(error or "")

    assert "does not want to be imported" in await_that("the run tells its error", told)


def test_the_worker_goes_on_after_all_of_them(system: System) -> None:
    attempt = system.await_attempt(system.run("Quiet", n="1"))

    assert attempt["outcome"] == "done", attempt
