"""What users of luigid reported, each as a test of ours."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server import PYTHONS, Headrace
from waiting import wait_for

Start = Callable[[str], Headrace]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a scheduler with this luigi.cfg."""
    started: list[Headrace] = []

    def make(cfg: str = "") -> Headrace:
        server = Headrace(tmp_path / f"server{len(started)}", cfg)
        server.start()
        started.append(server)
        return server

    yield make
    for server in started:
        server.stop()


def why(server: Headrace, task: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.url}/v1/tasks/{task}/why", timeout=10) as answer:
        return json.load(answer)


def add(server: Headrace, task: str, worker: str = "w", **more: Any) -> None:
    server.call("add_task", worker=worker, task_id=task, family=task.split("_")[0], **more)


def status(server: Headrace, task: str) -> str | None:
    found = server.call("task_search", task_str=task)
    return next((name for name, tasks in found.items() if task in tasks), None)


@pytest.mark.parametrize("priority", ["high", [1], {"a": 1}, float("nan")])
def test_a_priority_that_is_no_number_is_refused_whole(start: Start, priority: Any) -> None:
    server = start("")
    form = urllib.parse.urlencode(
        {
            "data": json.dumps(
                {"worker": "w", "task_id": "A_1", "deps": ["B_1"], "priority": priority}
            )
        }
    )

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/api/add_task", form.encode(), timeout=10)

    assert refused.value.code == 400
    assert refused.value.reason.startswith("add_task: priority: expected a number, got ")
    assert server.call("graph") == {}
    assert server.call("worker_list") == []


def test_a_priority_of_null_is_none(start: Start) -> None:
    server = start("")

    add(server, "A_1", priority=None)

    assert server.call("graph")["A_1"]["priority"] == 0


def test_failures_without_reason_or_owners_are_taken_while_mails_are_batched(start: Start) -> None:
    server = start("[scheduler]\nbatch_emails = true\nretry_count = 1\n[email]\nformat = none\n")

    add(server, "A_1", status="FAILED", expl=None, owners=None)
    add(server, "B_1", status="FAILED", expl=None)
    server.call(
        "announce_scheduling_failure",
        worker="w",
        task_name="C",
        family="C",
        params={},
        expl=None,
        owners=None,
    )

    assert status(server, "A_1") == status(server, "B_1") == "DISABLED"


HOLDER = """
import luigi, luigi.worker, os, sys, time

class Holder(luigi.Task):
    resources = {"press": 1}
    def run(self):
        print("runs", flush=True)
        time.sleep(600)

luigi.build([Holder()], scheduler_url=sys.argv[1], workers=1)
"""


def test_the_resource_of_a_killed_worker_is_free_after_its_disconnect_delay(start: Start) -> None:
    server = start("[scheduler]\nworker_disconnect_delay = 3\n[resources]\npress = 1\n")
    holder = subprocess.Popen(
        [str(PYTHONS["3.8.1"]), "-c", HOLDER, server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=server.folder,
    )
    assert holder.stdout is not None
    assert b"runs" in holder.stdout.readline()
    add(server, "Waiter_1", worker="w2", resources={"press": 1})
    assert server.call("get_work", worker="w2")["task_id"] is None

    os.killpg(holder.pid, signal.SIGKILL)
    holder.wait()
    killed = time.monotonic()

    def work() -> str | None:
        return server.call("get_work", worker="w2")["task_id"]

    assert wait_for("the resource", work, seconds=20) == "Waiter_1"
    assert time.monotonic() - killed < 15  # luigid looks once a minute


def test_a_task_whose_client_left_is_said_to_have_nobody(start: Start) -> None:
    server = start("[scheduler]\nworker_disconnect_delay = 1\n")
    add(server, "Dep_1", worker="other")
    assert server.call("get_work", worker="other")["task_id"] == "Dep_1"
    # The client finds its dependency run by another one, and ends without waiting.
    add(server, "Dep_1", worker="client")
    add(server, "Report_1", worker="client", deps=["Dep_1"])
    add(server, "Dep_1", worker="other", status="DONE")

    def nobody() -> dict[str, Any] | None:
        server.call("ping", worker="other")
        told = why(server, "Report_1")
        return told if "nobody" in told["words"] else None

    told = wait_for("why", nobody)

    assert told["kind"] == "no_worker"
    assert "the client that registered it has left" in told["words"]
    assert status(server, "Report_1") == "PENDING"


def test_a_run_refused_by_the_cool_down_is_explained(start: Start) -> None:
    server = start("[scheduler]\nstable_done_cooldown_secs = 600\n")
    add(server, "A_1", status="DONE")
    assert why(server, "A_1")["kind"] == "done"

    add(server, "A_1", worker="w2")

    told = why(server, "A_1")
    assert status(server, "A_1") == "DONE"
    assert told["kind"] == "cooldown"
    assert "stable_done_cooldown_secs (600 s)" in told["words"]
    log = wait_for(
        "a line in the log",
        lambda: server.log.read_text() if "A_1" in server.log.read_text() else None,
    )
    assert "add_task A_1: not run again for w2" in log
    assert "less than stable_done_cooldown_secs (600 s)" in log


def disable(server: Headrace, task: str) -> None:
    add(server, task, status="FAILED", expl=json.dumps("Traceback …\nValueError: no good\n"))
    assert status(server, task) == "DISABLED"


def test_a_disabled_task_comes_back_after_disable_persist(start: Start) -> None:
    server = start("[scheduler]\nretry_count = 1\ndisable_persist = 2\nretry_delay = 0.1\n")
    disable(server, "A_1")

    told = why(server, "A_1")

    assert told["kind"] == "disabled"
    assert "ValueError: no good" in told["words"]
    assert told["parts"][0]["until"] is not None

    def back() -> bool:
        server.call("ping", worker="w")
        return status(server, "A_1") == "PENDING"

    wait_for("its return", back)


def test_a_disabled_task_says_when_it_comes_back(start: Start) -> None:
    server = start("[scheduler]\nretry_count = 1\n")
    disable(server, "A_1")

    told = why(server, "A_1")

    assert "It comes back in 24.0 h" in told["words"]
    until_s = told["parts"][0]["until"] / 1000 - time.time()
    assert 86_000 < until_s < 86_401
    assert server.call("re_enable_task", task_id="A_1")["status"] == "FAILED"


def test_a_disabled_task_may_stay_so_for_ever(start: Start) -> None:
    server = start("[scheduler]\nretry_count = 1\ndisable_persist = never\n")
    disable(server, "A_1")

    told = why(server, "A_1")

    assert "never by itself" in told["words"]
    assert told["parts"][0]["until"] is None
