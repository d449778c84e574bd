"""The day's click-through rates: 24 hours added up."""

from __future__ import annotations

import datetime

import luigi

from ctr import counts, stats
from ctr.folders import out_path
from ctr.rollup import HourlyRollup


class DailyTable(luigi.Task):
    """Counts of one day (UTC) with the rate and its Wilson 95% interval, in percent."""

    date: datetime.date = luigi.DateParameter()

    def requires(self) -> list[HourlyRollup]:
        midnight = datetime.datetime.combine(self.date, datetime.time())
        return [HourlyRollup(hour=midnight + datetime.timedelta(hours=h)) for h in range(24)]

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(out_path(f"daily/{self.date}.csv"))

    def run(self) -> None:
        table = counts.merge(counts.read(hour) for hour in self.input())
        with self.output().open("w") as file:
            counts.write(file, table, ("ctr", "ctr_low", "ctr_high"), _percentages)


def days(start: datetime.date, end: datetime.date) -> list[DailyTable]:
    """The tables from `start` to the day before `end`."""
    if end <= start:
        raise ValueError(f"end {end} must be after start {start}: it is the first day left out")
    return [DailyTable(date=start + datetime.timedelta(days=d)) for d in range((end - start).days)]


def _percentages(count: counts.Count) -> tuple[str, ...]:
    low, high = stats.wilson(count)
    return tuple(f"{100 * share:.4f}" for share in (count.rate, low, high))
