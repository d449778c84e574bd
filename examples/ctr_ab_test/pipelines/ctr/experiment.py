"""The A/B test: one test a campaign, and the report over all of them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Generator
from typing import Any

import luigi

from ctr import counts, stats, text
from ctr.counts import Count, Counts
from ctr.daily import DailyTable, days
from ctr.folders import out_path

CONTROL = "random"  # every item with the same chance
TREATMENT = "bts"  # Thompson sampling on Bernoulli rewards


class Interval(luigi.Task):
    """What the tasks over several days have in common."""

    start: datetime.date = luigi.DateParameter()
    end: datetime.date = luigi.DateParameter(description="the first day that is left out")

    def path(self, name: str) -> str:
        return out_path(f"report/{self.start}_{self.end}/{name}")


class CampaignTest(Interval):
    """Treatment against control in one campaign, as JSON; p is not corrected."""

    campaign: str = luigi.Parameter()

    def requires(self) -> list[DailyTable]:
        return days(self.start, self.end)

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(self.path(f"test-{self.campaign}.json"))

    def run(self) -> None:
        table = counts.merge(counts.read(day) for day in self.input())
        with self.output().open("w") as file:
            write_json(file, compare_arms(table, self.campaign))


class AbReport(Interval):
    """The report, as text to read and as numbers for the charts.

    Which campaigns there are is in the data: their tests are dynamic dependencies. After they have
    run, run() starts again from its beginning.
    """

    def requires(self) -> list[DailyTable]:
        return days(self.start, self.end)

    def output(self) -> dict[str, luigi.LocalTarget]:
        return {
            "text": luigi.LocalTarget(self.path("report.md")),
            "numbers": luigi.LocalTarget(self.path("numbers.json")),
        }

    def run(self) -> Generator[list[CampaignTest], list[luigi.LocalTarget], None]:
        by_day = {str(task.date): counts.read(task.output()) for task in self.requires()}
        table = counts.merge(by_day.values())
        campaigns = sorted({key.campaign for key in table})
        tests = yield [
            CampaignTest(start=self.start, end=self.end, campaign=campaign)
            for campaign in campaigns
        ]

        numbers = {
            "start": str(self.start),
            "end": str(self.end),
            "control": CONTROL,
            "treatment": TREATMENT,
            "together": compare_arms(table, None),
            "campaigns": [correct(read_json(test), len(tests)) for test in tests],
            "days": [{"date": date, **arms(by_day[date])} for date in sorted(by_day)],
            "positions": [
                {"position": position, **arms(_at(table, position))}
                for position in sorted({key.position for key in table})
            ],
        }
        with self.output()["text"].open("w") as file:
            file.write(text.report(numbers))
        with self.output()["numbers"].open("w") as file:
            write_json(file, numbers)


def compare_arms(table: Counts, campaign: str | None) -> dict[str, Any]:
    """Both arms of a campaign, or of all together if None, and the test between them."""
    chosen = {key: n for key, n in table.items() if campaign in (None, key.campaign)}
    both = arms(chosen)
    control, treatment = (Count(*both[arm][:2]) for arm in (CONTROL, TREATMENT))
    result = stats.compare(control, treatment)
    return {
        "campaign": campaign,
        **both,
        **{name: round(value, 9) for name, value in result._asdict().items()},
        "detectable": round(stats.detectable(control, treatment), 9),
    }


def arms(table: Counts) -> dict[str, list[float]]:
    """For each arm: impressions, clicks, rate and its interval."""
    found: dict[str, list[float]] = {}
    for arm in (CONTROL, TREATMENT):
        count = counts.total(table, lambda key, arm=arm: key.arm == arm)
        if count.impressions == 0:
            campaigns = sorted({key.campaign for key in table})
            raise ValueError(f"no impression of arm {arm!r} in campaigns {campaigns}")
        shares = (count.rate, *stats.wilson(count))
        found[arm] = [*count, *(round(share, 9) for share in shares)]
    return found


def correct(test: dict[str, Any], tests: int) -> dict[str, Any]:
    return {**test, "p_corrected": round(stats.bonferroni(test["p"], tests), 9)}


def write_json(file: Any, value: dict[str, Any]) -> None:
    json.dump(value, file, indent=1)
    file.write("\n")


def read_json(target: luigi.LocalTarget) -> dict[str, Any]:
    with target.open() as file:
        return json.load(file)


def _at(table: Counts, position: int) -> Counts:
    return {key: n for key, n in table.items() if key.position == position}
