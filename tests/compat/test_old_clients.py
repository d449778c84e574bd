"""Workers of older Luigis, as they are in the package index, on our scheduler."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from server import PYTHONS, ROOT, Headrace

VERSIONS = ["2.8.13", "3.0.3", "3.2.1", "3.5.2"]
HERE = Path(__file__).parent
CLIENT_CFG = """
[worker]
keep_alive = true
wait_interval = 0.1
wait_jitter = 0
max_keep_alive_idle_duration = 5 seconds

[retcode]
task_failed = 30
missing_data = 20
"""
SERVER_CFG = "[scheduler]\nretry_delay = 1\nretry_count = 2\n[resources]\npress = 1\n"


@pytest.fixture
def headrace(tmp_path: Path) -> Iterator[Headrace]:
    server = Headrace(tmp_path / "server", SERVER_CFG)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


class OldClient:
    def __init__(self, version: str, server: Headrace, folder: Path) -> None:
        self.server, self.out = server, folder / "out"
        self.out.mkdir()
        config = folder / "client.cfg"
        config.write_text(CLIENT_CFG)
        path = [HERE / "old_clients", HERE / "pipelines", ROOT / "build/luigi-old" / version]
        self.environment = {
            **os.environ,
            "COMPAT_OUT": str(self.out),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "PYTHONWARNINGS": "ignore",
            "LUIGI_CONFIG_PATH": str(config),
        }

    def run(self, *arguments: str) -> int:
        command = [str(PYTHONS["3.7.3"]), "-m", "luigi", "--scheduler-url", self.server.url]
        ended = subprocess.run(
            [*command, "--no-lock", "--module", "compat", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        self.output = ended.stdout
        assert "RPCError" not in self.output, self.output
        return ended.returncode

    def log(self) -> Counter[str]:
        return Counter((self.out / "log").read_text().split("\n")[:-1])


@pytest.fixture
def client(version: str, headrace: Headrace, tmp_path: Path) -> OldClient:
    return OldClient(version, headrace, tmp_path)


def test_an_old_worker_runs_a_pipeline_with_dynamic_dependencies(client: OldClient) -> None:
    assert client.run("Report") == 0, client.output
    assert client.run("Dynamic") == 0, client.output

    assert client.log() == Counter({"Raw": 1, "Clean": 1, "Report": 1, "Numbered": 4, "Dynamic": 1})
    assert set(client.server.statuses().values()) == {"DONE"}


def test_an_old_worker_shares_a_resource_between_processes(client: OldClient) -> None:
    assert client.run("Book", "--workers", "3") == 0, client.output

    lines = [line.split() for line in (client.out / "log").read_text().splitlines() if " " in line]
    held = [what for what, _ in lines]
    assert held == ["begin", "end"] * 6  # never two at once


def test_an_old_worker_runs_a_batch(client: OldClient) -> None:
    assert client.run("Month") == 0, client.output

    assert client.log() == Counter({"days 01,02,03,04,05": 1})


def test_an_old_workers_failures_are_counted_and_told(client: OldClient) -> None:
    assert client.run("OnBroken") == 30, client.output

    assert client.server.statuses() == {"Broken": "DISABLED", "OnBroken": "PENDING"}
    (task,) = client.server.tasks("DISABLED")
    assert "the disk is made of cheese" in client.server.call("fetch_error", task_id=task)["error"]


def test_an_old_worker_waits_for_what_is_missing(client: OldClient) -> None:
    assert client.run("OnMissing") == 20, client.output

    assert client.server.statuses() == {"Missing": "PENDING", "OnMissing": "PENDING"}
