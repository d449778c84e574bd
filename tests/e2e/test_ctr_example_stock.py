"""The example under stock Luigi: it finds the log's numbers, and always leaves the same bytes.

This is the yardstick: whatever another engine makes of the same tasks is compared with it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ctr_example import PYTHONS, REPORT, Run, fetch, run_experiment, run_stock
from manifest import differences, manifest

NEWEST, OLDEST = "3.8.1", "3.7.3"
ONE_HOUR = ("ctr.rollup", "HourlyRollup", "--hour", "2019-11-24T00")
IMPATIENT = ("--worker-max-keep-alive-idle-duration", "1 seconds")


@pytest.fixture(scope="session")
def data() -> Path:
    return fetch()


@pytest.fixture(scope="session", params=PYTHONS)
def run(
    request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """One run of everything, for each Luigi."""
    out = tmp_path_factory.mktemp("stock") / "out"
    return run_experiment(request.param, data, out)


def numbers(out: Path) -> dict:
    return json.loads((out / REPORT / "numbers.json").read_text())


def test_a_run_of_everything_succeeds(run: Run) -> None:
    assert run.code == 0, run.log
    assert len(manifest(run.out)) == 168 + 7 + 7 + 4  # rollups, days, report, site with its marker


def test_report_finds_the_totals_of_the_log(run: Run) -> None:
    found = numbers(run.out)

    def clicks(test: dict) -> tuple:
        return test["campaign"], *test["random"][:2], *test["bts"][:2]

    assert clicks(found["together"]) == (None, 30_000, 130, 30_000, 157)
    assert [clicks(test) for test in found["campaigns"]] == [
        ("all", 10_000, 38, 10_000, 42),
        ("men", 10_000, 46, 10_000, 69),
        ("women", 10_000, 46, 10_000, 46),
    ]
    for part in ("days", "positions"):
        for arm, total in (("random", [30_000, 130]), ("bts", [30_000, 157])):
            assert [sum(row[arm][i] for row in found[part]) for i in (0, 1)] == total
    assert len(found["days"]) == 7


def test_report_finds_the_intervals_and_tests_of_the_log(run: Run) -> None:
    found = numbers(run.out)
    men = found["campaigns"][1]

    def percent(arm: list[float]) -> list[float]:
        return [round(100 * share, 3) for share in arm[2:]]

    assert percent(found["together"]["random"]) == [0.433, 0.365, 0.514]
    assert percent(found["together"]["bts"]) == [0.523, 0.448, 0.612]
    assert percent(men["random"]) == [0.46, 0.345, 0.613]
    assert percent(men["bts"]) == [0.69, 0.546, 0.872]
    assert [
        (round(test["z"], 2), round(test["p"], 3))
        for test in [found["together"], *found["campaigns"]]
    ] == [(1.60, 0.110), (0.45, 0.654), (2.15, 0.031), (0.0, 1.0)]
    assert round(men["p_corrected"], 3) == 0.094


def test_report_claims_no_finding(run: Run) -> None:
    text = (run.out / REPORT / "report.md").read_text()

    assert "p = 0.110: not significant.**" in text
    assert "0.0167 (corrected p = 0.094 against 0.05): not significant." in text


def test_publish_fails_once_and_succeeds_at_its_retry(run: Run) -> None:
    failures = [line for line in run.log.splitlines() if line.endswith("has status   FAILED")]

    assert len(failures) == 1 and "Publish" in failures[0], run.log
    assert "there were failed tasks but they all succeeded in a retry" in run.log
    report = manifest(run.out / REPORT)
    site = manifest(run.out / REPORT.replace("report", "site"))
    assert site.keys() == {".woken", "report.md", "days.svg", "campaigns.svg"}
    assert all(report[name] == site[name] for name in site if name != ".woken")


def test_a_second_run_of_everything_runs_nothing(run: Run, data: Path) -> None:
    before = manifest(run.out)

    again = run_experiment(NEWEST, data, run.out)

    assert again.code == 0 and "Did not run any tasks" in again.log, again.log
    assert manifest(run.out) == before


def test_any_order_and_any_luigi_leave_the_same_bytes(run: Run, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for day in (30, 24, 27):  # some days on their own and out of order; the rest with the report
        step = run_stock(OLDEST, data, out, ("ctr.daily", "DailyTable", "--date", f"2019-11-{day}"))
        assert step.code == 0, step.log

    rest = run_experiment(OLDEST, data, out, workers=1)

    assert rest.code == 0, rest.log
    assert differences(run.out, out) == []


def test_missing_logs_are_said_to_be_missing(tmp_path: Path) -> None:
    run = run_stock(NEWEST, tmp_path / "nothing", tmp_path / "out", (*ONE_HOUR, *IMPATIENT))

    assert run.code == 20, run.log  # [retcode] missing_data
    assert "1 were missing external dependencies" in run.log


def test_a_line_that_is_no_impression_is_named(tmp_path: Path) -> None:
    log = tmp_path / "data" / "2019-11-24" / "00.csv"
    log.parent.mkdir(parents=True)
    log.write_text("campaign,arm,position,click\nmen,bts,1,0\nmen,bts,2,yes\n")

    run = run_stock(NEWEST, tmp_path / "data", tmp_path / "out", ONE_HOUR)

    assert run.code == 30, run.log  # [retcode] task_failed
    assert f"{log}:3: no impression: KeyError('yes')" in run.log
    assert run.log.count("has status   FAILED") == 3  # [scheduler] retry_count
    assert not (tmp_path / "out" / "rollup" / "2019-11-24" / "00.csv").exists()
