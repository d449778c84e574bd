"""Every test here runs against each interpreter that has a Luigi: HEADRACE_TEST_PYTHONS (parted by
colons), or the two that scripts/setup makes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

from task_host import Host, StartHost  # noqa: E402


def pythons() -> list[str]:
    named = os.environ.get("HEADRACE_TEST_PYTHONS")
    if named:
        return named.split(":")
    other = ROOT / "build/venv-luigi373/bin/python"
    return [sys.executable, *([str(other)] if other.exists() else [])]


@pytest.fixture(scope="session", params=pythons(), ids=lambda path: Path(path).parts[-3])
def python(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, python: str) -> Path:
    """Where the test pipelines write."""
    return tmp_path_factory.mktemp("host_data")


@pytest.fixture(scope="module")
def host(python: str, data: Path) -> Iterator[Host]:
    """One zygote for a file's tests, which must survive all of them."""
    with Host("behaviour", python=python, data=data, also=["basic", "classes"]) as started:
        yield started
        assert started.run("basic", "Noop").status == "DONE"


@pytest.fixture
def start(python: str, data: Path) -> Iterator[StartHost]:
    """Starts zygotes of a test's own."""
    started: list[Host] = []

    def start_one(module: str, **options: Any) -> Host:
        started.append(Host(module, python=python, **{"data": data, **options}))
        return started[-1]

    yield start_one
    for one in started:
        one.close()
