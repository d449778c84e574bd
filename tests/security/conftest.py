"""A scheduler with users, as a real process, for whoever attacks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from guarded import Guarded


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    server = Guarded(tmp_path_factory.mktemp("guarded"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Guarded]:
    """One of the test's own, not started: for other settings."""
    server = Guarded(tmp_path / "own")
    yield server
    server.stop()
