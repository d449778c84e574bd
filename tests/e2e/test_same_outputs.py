"""The example leaves the same bytes, whichever engine runs it and however the work is cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from ctr_example import WEEK, Run, fetch, run_experiment, run_stock
from example_run import example, run_once
from manifest import differences, manifest

LUIGI = "3.8.1"
OUTPUTS = 186


@pytest.fixture(scope="module")
def data() -> Path:
    return fetch()


@pytest.fixture(scope="module")
def stock(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The yardstick: stock Luigi with its own local scheduler."""
    run = run_experiment(LUIGI, data, tmp_path_factory.mktemp("stock") / "out")
    assert run.code == 0, run.log
    assert len(manifest(run.out)) == OUTPUTS
    return run


def test_stock_workers_on_our_scheduler_leave_the_same_bytes(
    stock: Run, data: Path, tmp_path: Path
) -> None:
    with example(data, tmp_path, "scheduler") as system:  # no planner: nobody else's tasks
        url = ("--scheduler-url", system.url)
        task = ("ctr.publish", "Experiment", *WEEK)

        run = run_stock(LUIGI, data, system.out, task, workers=2, scheduler=url)

        counts = system.get("/v1/overview")["counts"]
    assert run.code == 0, run.log
    assert differences(stock.out, run.out) == []
    assert counts.keys() == {"done"}, counts


@pytest.mark.parametrize("unit", ["task", "pipeline"])
def test_headrace_leaves_the_same_bytes(stock: Run, data: Path, tmp_path: Path, unit: str) -> None:
    run = run_once(data, tmp_path, {"pipelines.ab_report.unit": unit})

    assert run.code == 0, run.log
    assert differences(stock.out, run.out) == []
    with example(data, tmp_path, "scheduler") as system:  # the same store
        [report] = system.get("/v1/tasks?family=AbReport")["items"]
    # Two on its own, as it asks for more tasks while it runs; none inside of its pipeline's.
    assert report["attempts"] == {"task": 2, "pipeline": 0}[unit]


def test_roles_apart_leave_the_same_bytes(stock: Run, data: Path, tmp_path: Path) -> None:
    with example(data, tmp_path, "scheduler", "planner", "worker", "worker") as system:
        system.await_the_end()

    assert differences(stock.out, system.out) == []
