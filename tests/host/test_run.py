"""Tasks in a fork of the zygote: what they may do, and what is told about it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from task_host import HERE, Attempt, Host, StartHost, alive, wait_until


def boom(host: Host, how: str, **more: Any) -> Attempt:
    return host.run("behaviour", "Boom", {"how": how}, **more)


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("raise", "ValueError"),
        ("exit0", "SystemExit"),
        ("exit3", "SystemExit"),
        ("kbd", "KeyboardInterrupt"),
        ("sigint", "KeyboardInterrupt"),
        ("recursion", "RecursionError"),
    ],
)
def test_exception_fails_the_task_by_name(host: Host, how: str, kind: str) -> None:
    attempt = boom(host, how)

    assert (attempt.status, attempt.error["type"]) == ("FAILED", kind)
    assert "Traceback" in attempt.error["traceback"]


@pytest.mark.parametrize(
    ("how", "ended"),
    [
        ("_exit0", {"code": 0}),
        ("_exit5", {"code": 5}),
        ("segv", {"signal": signal.SIGSEGV}),
        ("abort", {"signal": signal.SIGABRT}),
        ("kill9", {"signal": signal.SIGKILL}),
        ("killgroup", {"signal": signal.SIGKILL}),
    ],
)
def test_death_without_a_result_is_told_by_code_or_signal(
    host: Host, how: str, ended: dict
) -> None:
    attempt = boom(host, how)

    assert attempt.result == {}
    assert {k: v for k, v in attempt.exited.items() if k in ("code", "signal")} == ended
    assert attempt.exited["tree_gone"]


def test_closing_every_descriptor_is_survived_by_the_zygote(host: Host) -> None:
    attempt = boom(host, "closefds")

    assert attempt.result == {}
    assert attempt.exited["code"] != 0


@pytest.mark.parametrize(
    ("how", "out"),
    [
        ("pool", b"55\n"),
        ("queue", b"7\n"),
        ("spawn", b"55\n"),
        ("forkserver", b"55\n"),
        ("thread", b"thread done\n"),
        ("atexit", b"task atexit ran\n"),
    ],
)
def test_multiprocessing_threads_and_exit_handlers_of_a_task_work(
    host: Host, how: str, out: bytes
) -> None:
    attempt = boom(host, how)

    assert (attempt.status, attempt.out) == ("DONE", out)


def test_large_output_arrives_whole(host: Host) -> None:
    assert len(boom(host, "huge").out) == 50 * ((1 << 20) + 1)


def test_texts_of_an_exception_are_capped(host: Host) -> None:
    attempt = boom(host, "hugeexc")

    assert len(attempt.error["message"]) < 70000
    assert len(attempt.result["expl"]) < 70000


def test_lone_surrogates_survive(host: Host) -> None:
    assert boom(host, "raise").error["message"] == "bad é\udc80"
    text = "a\udcff𝄞é"
    assert host.run("basic", "Echo", {"text": text}).out == text.encode("utf-8", "surrogatepass")


def test_results_that_json_cannot_say_are_texts(host: Host) -> None:
    assert "object" in boom(host, "badexpl").result["expl"]
    assert boom(host, "nan").result["expl"] == {"x": "nan", "(1, 2)": "inf"}


def test_memory_limit_fails_the_task_alone(host: Host) -> None:
    attempt = boom(host, "memory", limits={"RLIMIT_AS": [2 << 30, 2 << 30]})

    assert (attempt.status, attempt.error["type"]) == ("FAILED", "MemoryError")


def test_background_process_is_gone_when_the_task_has_ended(host: Host, data: Path) -> None:
    boom(host, "background")

    assert not alive(int((data / "bg.pid").read_text()))


def test_daemon_is_gone_when_the_task_has_ended(host: Host, data: Path) -> None:
    attempt = boom(host, "daemonize")

    assert attempt.status == "DONE"
    assert not alive(int((data / "daemon.pid").read_text()))


def test_daemon_of_another_task_stays(host: Host, data: Path) -> None:
    (data / "daemon.pid").unlink(missing_ok=True)
    sleeper = host.start("behaviour", "Boom", {"how": "sleep"})

    boom(host, "daemonize")

    assert alive(sleeper.pid)
    os.killpg(sleeper.pid, signal.SIGTERM)
    assert host.wait(sleeper).exited["signal"] == signal.SIGTERM


def test_dynamic_dependencies_are_asked_for_then_used(host: Host, data: Path) -> None:
    first = host.run("basic", "Dyn")
    assert first.status == "PENDING"
    assert [d["id"] for d in first.result["new_deps"]] == [
        "Write_1_64a8d99e05",
        "Write_2_a9facda7c5",
    ]

    for i in ("1", "2"):
        assert host.run("basic", "Write", {"i": i}).status == "DONE"

    assert host.run("basic", "Dyn").status == "DONE"
    assert (data / "dyn.txt").read_text() == f"{data}/w/1.txt,{data}/w/2.txt"


def test_task_reports_as_it_runs_and_answers_messages(host: Host) -> None:
    attempt = host.start("behaviour", "Say")
    attempt.report.send({"id": "m1", "content": "ping"})
    host.wait(attempt)

    assert [event["ev"] for event in attempt.events] == [
        "loaded",
        "status",
        "progress",
        "tracking_url",
        "decrease_resources",
        "message_response",
    ]
    assert attempt.events[-1] == {"ev": "message_response", "id": "m1", "response": "got ping"}
    assert attempt.out == b"hello out\nraw\nfrom shell\nno newline at end"
    assert b"user log" in attempt.err
    assert attempt.result["expl"] == {"expl": 1}


def test_missing_dependency_is_named(host: Host) -> None:
    attempt = host.run("basic", "Mid", {"n": "50", "k": "1"})

    assert attempt.status == "FAILED"
    assert "Write_50" in attempt.result["missing"][0]


def test_dependency_check_can_be_left_out(host: Host) -> None:
    attempt = host.run("basic", "Mid", {"n": "51", "k": "1"}, check_deps=False)

    assert attempt.status == "DONE"  # Luigi's run() of a task without run() does nothing


def test_batch_parameters_are_lists(host: Host) -> None:
    attempt = host.run("basic", "Batch", {"d": ["1", "7", "3"], "k": "k"})

    assert attempt.out == b"batch 7\nSUCCESS handler\n"


def test_unknown_family_and_bad_parameter_fail_at_loading(host: Host) -> None:
    for family, params in (("Nothing", {}), ("Write", {"i": "x"}), ("Write", {})):
        attempt = host.run("basic", family, params)
        assert (attempt.status, attempt.error["where"]) == ("FAILED", "load")


def test_pipeline_unit_runs_the_tree_and_says_what_became_of_it(host: Host) -> None:
    attempt = host.run("basic", "Flat", {"n": "3"}, unit="pipeline")

    assert (attempt.result["ev"], attempt.status) == ("summary", "SUCCESS")
    assert attempt.result["scheduling_succeeded"]
    assert set(attempt.result["tasks"].values()) == {"DONE"}
    assert len(attempt.result["tasks"]) == 4


def test_two_tasks_run_at_once(host: Host) -> None:
    first, second = host.start("basic", "Noop"), host.start("basic", "Noop")

    for attempt in (second, first):
        assert host.wait(attempt).status == "DONE"


def test_randomness_differs_from_task_to_task(host: Host) -> None:
    assert boom(host, "random").out != boom(host, "random").out


def test_environment_is_added_and_ours_does_not_leak(host: Host) -> None:
    attempt = boom(host, "environment", env={"HEADRACE_ATTEMPT": "a-1"})

    assert attempt.out.split() == [b"a-1", str(os.environ.get("PYTHONPATH")).encode()]


def test_sys_path_has_no_folder_of_the_host(host: Host) -> None:
    lines = boom(host, "path").out.decode().split("\n")

    assert not any(line.endswith("headrace/host") for line in lines)
    assert lines[0] == str(HERE / "pipelines")


def test_task_has_three_streams_and_its_report_socket_alone(host: Host) -> None:
    fds = eval(boom(host, "fds").out)

    assert fds[:3] == [0, 1, 2]
    assert len(fds) <= 6  # the socket, /dev/null, and listdir's own


def test_zygote_leaks_no_descriptors(host: Host) -> None:
    folder = f"/proc/{host.process.pid}/fd"
    before = len(os.listdir(folder))

    for _ in range(5):
        host.run("basic", "Noop")
        host.session().__exit__()

    assert wait_until(lambda: len(os.listdir(folder)) == before)


def test_killing_the_zygote_from_a_task_ends_the_task_too(start: StartHost) -> None:
    host = start("behaviour")
    attempt = host.start("behaviour", "Boom", {"how": "killparent"})

    assert host.event() == {"ev": "eof", "returncode": -signal.SIGKILL}
    assert wait_until(lambda: not alive(attempt.pid))
    attempt.read_all()
    assert attempt.result == {}


def test_zygote_and_task_end_with_the_worker(python: str, data: Path) -> None:
    code = f"""
import sys, pathlib, time
sys.path.insert(0, {str(HERE)!r})
from task_host import Host
host = Host("behaviour", python={python!r}, data=pathlib.Path({str(data)!r}))
attempt = host.start("behaviour", "Boom", {{"how": "sleep"}})
print(host.process.pid, attempt.pid, flush=True)
time.sleep(60)
"""
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    zygote, task = map(int, worker.stdout.readline().split())
    assert alive(zygote)
    assert alive(task)

    worker.kill()
    worker.wait()

    assert wait_until(lambda: not alive(zygote) and not alive(task))


def test_stop_ends_tasks_and_sessions(start: StartHost, data: Path) -> None:
    host = start("behaviour", also=["basic"])
    (data / "daemon.pid").unlink(missing_ok=True)
    attempt = host.start("behaviour", "Boom", {"how": "stubborn"})
    session = host.session()

    host.control.send({"op": "stop"})

    assert host.event() == {"ev": "eof", "returncode": 0}
    assert not alive(attempt.pid)
    assert not alive(session.pid)


def test_failed_fork_fails_the_attempt_and_the_zygote_goes_on(start: StartHost, data: Path) -> None:
    host = start("basic", also=["fork_limit"])

    refused = host.start("basic", "Noop")
    assert refused.exited["ev"] == "fork_failed"
    assert refused.exited["errno"] == 11

    host.control.send({"op": "nonsense"})
    assert host.start("basic", "Noop").exited["ev"] == "fork_failed"
    ours, theirs = socket.socketpair()
    host.control.send({"op": "session"}, [theirs.fileno()])
    theirs.close()
    assert b"fork_failed" in ours.recv(1000)


def boot_time() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def test_a_task_whose_lease_is_over_is_killed_by_its_host(host: Host) -> None:
    attempt = boom(host, "sleep", lease_end=boot_time() + 0.2)

    assert attempt.exited["signal"] == signal.SIGKILL
    assert attempt.exited["tree_gone"]


def test_a_task_whose_lease_is_renewed_goes_on_until_the_new_end(host: Host) -> None:
    first_end = boot_time() + 0.5
    attempt = host.start("behaviour", "Boom", {"how": "sleep"}, attempt="a-1", lease_end=first_end)
    host.control.send({"op": "lease", "attempt": "a-1", "lease_end": first_end + 30})
    wait_until(lambda: boot_time() > first_end + 0.3)
    assert alive(attempt.pid)

    host.control.send({"op": "lease", "attempt": "a-1", "lease_end": boot_time()})

    assert host.wait(attempt).exited["signal"] == signal.SIGKILL


def test_a_fresh_interpreter_ends_itself_when_its_lease_is_over(start: StartHost) -> None:
    host = start("behaviour")
    attempt = host.run_fresh("behaviour", "Boom", {"how": "sleep"}, lease_end=boot_time() + 0.3)

    assert attempt.exited == {"signal": signal.SIGKILL}
