"""From a log to counts: one hour of impressions, summed by campaign, arm and position."""

from __future__ import annotations

import collections
import csv
import datetime

import luigi

from ctr import counts
from ctr.folders import data_path, out_path


class HourlyLog(luigi.ExternalTask):
    """One hour of the shop's log. Not made here: fetch_data.py puts it there."""

    hour: datetime.datetime = luigi.DateHourParameter()

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(data_path(f"{self.hour:%Y-%m-%d/%H}.csv"))


class HourlyRollup(luigi.Task):
    hour: datetime.datetime = luigi.DateHourParameter()

    def requires(self) -> HourlyLog:
        return HourlyLog(hour=self.hour)

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(out_path(f"rollup/{self.hour:%Y-%m-%d/%H}.csv"))

    def run(self) -> None:
        table = count_log(self.input())
        with self.output().open("w") as file:
            counts.write(file, table)


def count_log(log: luigi.LocalTarget) -> counts.Counts:
    impressions: collections.Counter[counts.Key] = collections.Counter()
    clicks: collections.Counter[counts.Key] = collections.Counter()
    with log.open() as file:
        reader = csv.DictReader(file)
        for row in reader:
            try:
                key = counts.Key(row["campaign"], row["arm"], int(row["position"]))
                clicked = {"0": 0, "1": 1}[row["click"]]
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(
                    f"{log.path}:{reader.line_num}: no impression: {error!r}; a line has "
                    "campaign, arm, position (a number) and click (0 or 1)"
                ) from error
            impressions[key] += 1
            clicks[key] += clicked
    return {key: counts.Count(impressions[key], clicks[key]) for key in impressions}
