"""Stock Luigi clients, unchanged, against our scheduler: what luigid does for them, it does.

Every test runs against luigid too, so that what it expects is what Luigi's users have.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from server import Server

PIPELINES = Path(__file__).with_name("pipelines")
CLIENT_CFG = """
[worker]
keep_alive = true
wait_interval = 0.1
wait_jitter = 0
ping_interval = 0.5
max_keep_alive_idle_duration = 5 seconds

[retcode]
already_running = 10
missing_data = 20
not_run = 25
task_failed = 30
scheduling_error = 35
unhandled_exception = 40
"""
# Of a client that shares the work: all of it done; the rest is another's, running; never ours.
SHARED_ENDINGS = {0, 10, 25}


class Client:
    """`luigi` in a folder of its own."""

    def __init__(self, server: Server, python: Path, folder: Path) -> None:
        self.server, self.python, self.out = server, python, folder / "out"
        self.out.mkdir()
        self.config = folder / "client.cfg"
        self.config.write_text(CLIENT_CFG)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [str(self.python), "-m", "luigi", "--scheduler-url", self.server.url]
        return subprocess.Popen(
            [*command, "--no-lock", "--module", "compat", *arguments],
            env={
                **os.environ,
                "COMPAT_OUT": str(self.out),
                "PYTHONPATH": str(PIPELINES),
                "LUIGI_CONFIG_PATH": str(self.config),
                "PYTHONIOENCODING": "utf-8:backslashreplace",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> int:
        process = self.start(*arguments)
        self.output, _ = process.communicate(timeout=120)
        return process.returncode

    def log(self) -> list[str]:
        path = self.out / "log"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def client(server: Server, python: Path, tmp_path: Path) -> Client:
    return Client(server, python, tmp_path)


def test_a_chain_is_run_in_order_and_is_done(client: Client) -> None:
    assert client.run("Report") == 0, client.output

    assert client.log() == ["Raw", "Clean", "Report"]
    assert client.server.statuses() == {"Raw": "DONE", "Clean": "DONE", "Report": "DONE"}


def test_what_is_complete_is_not_run_again(client: Client) -> None:
    client.run("Report")
    client.log()

    assert client.run("Report") == 0, client.output

    assert client.log() == ["Raw", "Clean", "Report"]


def test_a_failure_stops_only_what_depends_on_it(client: Client) -> None:
    assert client.run("OnBroken") == 30, client.output

    assert client.log() == ["Broken", "Broken"]  # retry_count = 2
    assert client.server.statuses() == {"Broken": "DISABLED", "OnBroken": "PENDING"}
    waiting = client.server.call("task_list", status="PENDING", upstream_status="UPSTREAM_DISABLED")
    assert [task["name"] for task in waiting.values()] == ["OnBroken"]


def test_a_traceback_reaches_the_scheduler_as_it_was(client: Client) -> None:
    client.run("Broken")

    [task] = client.server.tasks("DISABLED")
    error = client.server.call("fetch_error", task_id=task)["error"]
    assert "ValueError: the disk is made of cheese: ✓" in json.loads(error)


def test_a_task_that_fails_once_is_done_after_its_retry(client: Client) -> None:
    assert client.run("Mended") == 0, client.output

    assert client.server.statuses() == {"Mended": "DONE"}


def test_a_resource_of_one_is_held_by_one_task_at_a_time(client: Client) -> None:
    clients = [client.start("Book", "--workers", "3") for _ in range(2)]
    outputs = [c.communicate(timeout=120)[0] for c in clients]

    assert {c.returncode for c in clients} <= SHARED_ENDINGS, outputs
    held = [line.split() for line in client.log() if " " in line]
    assert len(held) == 12
    for begin, end in zip(held[::2], held[1::2], strict=True):
        assert (begin[0], end[0]) == ("begin", "end")
        assert begin[1] == end[1]


def test_no_task_is_run_twice_by_clients_that_share_the_work(client: Client) -> None:
    clients = [client.start("Many", "--workers", "2") for _ in range(3)]
    outputs = [c.communicate(timeout=120)[0] for c in clients]

    assert {c.returncode for c in clients} <= SHARED_ENDINGS, outputs
    assert Counter(client.log()) == {"Numbered": 40}
    assert len(client.server.tasks("DONE")) == 41


def test_dynamic_dependencies_are_run_before_their_task_goes_on(client: Client) -> None:
    assert client.run("Dynamic") == 0, client.output

    assert client.log() == ["Numbered"] * 4 + ["Dynamic"]
    assert len(client.server.tasks("DONE")) == 5


def test_tasks_that_can_be_batched_are_run_at_once(client: Client) -> None:
    assert client.run("Month") == 0, client.output

    [line] = client.log()
    assert sorted(line.removeprefix("days ").split(",")) == ["01", "02", "03", "04", "05"]
    days = [t for t in client.server.tasks("DONE").values() if t["name"] == "Day"]
    assert {t["params"]["day"] for t in days} >= {"01", "02", "03", "04", "05"}


def test_a_parameter_comes_back_as_it_was(client: Client) -> None:
    assert client.run("Odd") == 0, client.output

    [task] = client.server.tasks("DONE").values()
    assert task["params"] == {"text": 'a "b" \\ % + & = ü 漢 🎈\n\t\udcff'}


def test_an_external_task_that_is_missing_is_no_failure(client: Client) -> None:
    assert client.run("OnMissing") == 20, client.output

    assert client.log() == []
    assert client.server.statuses() == {"Missing": "PENDING", "OnMissing": "PENDING"}
