"""headrace.toml names tasks that exist, with parameters they take, for the days of the data."""

from __future__ import annotations

import datetime
import importlib
import re
import tomllib
from pathlib import Path

import luigi
import pytest

CONFIG = tomllib.loads((Path(__file__).parent / "headrace.toml").read_text())
WEEK = (datetime.datetime(2019, 11, 24), datetime.datetime(2019, 12, 1))


def root(pipeline: dict, start: datetime.datetime, end: datetime.datetime) -> luigi.Task:
    """The task that stands for one interval of the pipeline."""
    times = {"interval_start": start, "interval_end": end}
    params = {
        name: re.sub(r"\{(\w+):([^}]*)\}", lambda m: format(times[m[1]], m[2]), text)
        for name, text in pipeline["params"].items()
    }
    family = getattr(importlib.import_module(pipeline["module"]), pipeline["task"])
    return family.from_str_params(params)


def test_pipelines_cover_the_week_of_the_data() -> None:
    for pipeline in CONFIG["pipelines"].values():
        assert (pipeline["start"], pipeline["end"]) == (WEEK[0].date(), WEEK[1].date())
        assert (pipeline["timezone"], pipeline["catchup"]) == ("UTC", "all")


@pytest.mark.parametrize(
    ("name", "schedule", "length"),
    [
        ("hourly_rollup", "0 * * * *", datetime.timedelta(hours=1)),
        ("daily_table", "0 0 * * *", datetime.timedelta(days=1)),
        ("ab_report", "0 0 * * 0", datetime.timedelta(days=7)),
    ],
)
def test_first_interval_is_a_task_of_the_example(
    name: str, schedule: str, length: datetime.timedelta
) -> None:
    pipeline = CONFIG["pipelines"][name]

    task = root(pipeline, WEEK[0], WEEK[0] + length)

    assert pipeline["schedule"] == schedule
    assert task == type(task).from_str_params(task.to_str_params())
    assert str(task) in {
        "HourlyRollup(hour=2019-11-24T00)",
        "DailyTable(date=2019-11-24)",
        "Experiment(start=2019-11-24, end=2019-12-01)",
    }


def test_report_and_schedules_ask_for_the_same_tasks() -> None:
    """The hours of the hourly pipeline are the very tasks that the report stands on."""
    hour = datetime.timedelta(hours=1)
    pipeline = CONFIG["pipelines"]["hourly_rollup"]
    scheduled = {
        root(pipeline, WEEK[0] + n * hour, WEEK[0] + (n + 1) * hour).task_id for n in range(168)
    }

    needed, below = set(), [root(CONFIG["pipelines"]["ab_report"], *WEEK)]
    while below:
        task = below.pop()
        if task.task_id not in needed:
            needed.add(task.task_id)
            below += [] if isinstance(task, luigi.ExternalTask) else task.deps()

    assert scheduled == {task_id for task_id in needed if task_id.startswith("HourlyRollup")}
