"""Puts the report where people read it, and what a whole week of the experiment comes to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import luigi

from ctr.charts import CampaignChart, DayChart
from ctr.experiment import AbReport, Interval
from ctr.folders import out_path


class Site:
    """A folder that stands in for a web host, with a fault built in: it refuses the first call.

    On purpose, so that one task of the example fails and is tried again: a host that sleeps until
    it is called, and answers the next call, behaves like this. The file .woken tells them apart.
    """

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def connect(self) -> None:
        woken = self.folder / ".woken"
        if not woken.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            woken.touch()
            raise ConnectionRefusedError(
                f"{self.folder}: refused, on purpose: this site refuses its first connection, "
                "to show a retry; the next attempt goes through"
            )

    def put(self, source: str, target: luigi.LocalTarget) -> None:
        with target.temporary_path() as path:
            shutil.copyfile(source, path)


class Publish(Interval):
    """Copies the report and its pictures to the site.

    FAILS ON PURPOSE at its first attempt (see Site): not a defect but a demonstration of retries.
    Its own retry policy: a host may be slow to wake, so this gives up at the fifth failure within
    an hour, not at luigi.cfg's third.
    """

    retry_count = 5
    disable_window = 3600

    def requires(self) -> dict[str, luigi.Task]:
        week = {"start": self.start, "end": self.end}
        return {
            "days.svg": DayChart(**week),
            "campaigns.svg": CampaignChart(**week),
            "report.md": AbReport(**week),
        }

    def output(self) -> dict[str, luigi.LocalTarget]:
        return {name: luigi.LocalTarget(self._on_site(name)) for name in self.requires()}

    def run(self) -> None:
        site = Site(self._on_site("."))
        site.connect()
        files = self.input()
        files["report.md"] = files["report.md"]["text"]
        for name, target in self.output().items():
            site.put(files[name].path, target)

    def _on_site(self, name: str) -> str:
        return out_path(f"site/{self.start}_{self.end}/{name}")


class Experiment(luigi.WrapperTask, Interval):
    """Everything from `start` to the day before `end`: the report, its pictures, and the site."""

    def requires(self) -> Iterator[luigi.Task]:
        for task in (AbReport, DayChart, CampaignChart, Publish):
            yield task(start=self.start, end=self.end)
