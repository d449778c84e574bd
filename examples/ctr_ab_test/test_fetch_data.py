"""fetch_data.py: the same data every time, proved to the byte, and never half of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import fetch_data
import pytest

SCRIPT = Path(fetch_data.__file__)
DATA = SCRIPT.parents[2] / "build" / "test-data" / "ctr_ab_test"  # kept: it is downloaded once


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def data() -> Path:
    made = run(DATA)
    assert made.returncode == 0, made.stderr
    return DATA


def test_data_are_168_hours_of_60000_impressions(data: Path) -> None:
    logs = sorted(data.glob("*/*.csv"))
    rows = sum(len(log.read_text().splitlines()) - 1 for log in logs)

    assert (len(logs), rows) == (168, 60_000)
    assert logs[0].relative_to(data).as_posix() == "2019-11-24/00.csv"
    assert logs[-1].relative_to(data).as_posix() == "2019-11-30/23.csv"


def test_a_second_call_proves_the_data_and_changes_nothing(data: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}

    again = run(data)

    assert again.returncode == 0 and "complete, nothing to do" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


@pytest.mark.parametrize("harm", ["change", "remove", "no sums"])
def test_data_that_are_not_whole_are_named_and_left_alone(
    data: Path, tmp_path: Path, harm: str
) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    log = copy / "2019-11-25" / "03.csv"
    if harm == "change":
        log.write_text(log.read_text() + "\n")
    elif harm == "remove":
        log.unlink()
    else:
        (copy / "SHA256SUMS").unlink()

    refused = run(copy)

    assert refused.returncode == 1
    assert "not the expected data" in refused.stderr and "remove the folder" in refused.stderr
    assert ("SHA256SUMS" if harm == "no sums" else "2019-11-25/03.csv") in refused.stderr
    assert copy.exists()


def test_another_wheel_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    wheel = tmp_path / "other.whl"
    wheel.write_bytes(b"not a wheel")

    refused = run(tmp_path / "data", "--wheel", wheel)

    assert refused.returncode == 1 and "not the wheel of obp==0.4.1" in refused.stderr
    assert list(tmp_path.iterdir()) == [wheel]
