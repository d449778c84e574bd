"""The schedulers that tests/compat runs everything against: luigid shows what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from server import PYTHONS, Headrace, Luigid, Server

LUIGI_CFG = """
[scheduler]
retry_delay = 1
retry_count = 2
prune_on_get_work = true
worker_disconnect_delay = 2

[resources]
press = 1
"""


@pytest.fixture(params=[Luigid, Headrace])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    server = request.param(tmp_path / "server", LUIGI_CFG)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=PYTHONS)
def python(request: pytest.FixtureRequest) -> Path:
    return PYTHONS[request.param]
