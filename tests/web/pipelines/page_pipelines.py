"""Pipelines that the page's tests look at: work that is done, that waits at a gate until the test
opens it, that fails, and that is more than fits on a screen. What they write is below PAGE_DATA."""

import os
import pathlib
import time
from typing import Any

import luigi

DATA = pathlib.Path(os.environ["PAGE_DATA"])


class Written(luigi.Task):
    """A task whose output is one file, named after its id."""

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(DATA / f"{self.task_id}.txt")

    def run(self) -> None:
        with self.output().open("w") as file:
            file.write(self.task_id)


class Part(Written):
    day = luigi.DateParameter()
    part = luigi.IntParameter()

    def run(self) -> None:
        print(f"part {self.part} of {self.day}")
        super().run()


class Report(Written):
    day = luigi.DateParameter()

    def requires(self) -> Any:
        return [Part(self.day, part) for part in range(6)]


class Gate(Written):
    """Writes a line now and then until the file `gate` is there."""

    name = luigi.Parameter()

    def run(self) -> None:
        step = 0
        while not (DATA / f"open-{self.name}").exists():
            step += 1
            print(f"\033[33mwaiting\033[0m at {self.name}, step {step}", flush=True)
            self.set_status_message(f"step {step}")
            time.sleep(0.2)
        super().run()


class Gated(Written):
    name = luigi.Parameter()

    def requires(self) -> Any:
        return Gate(self.name)


class Broken(Written):
    """Fails until the file `mended` is there."""

    def run(self) -> None:
        print("about to fail")
        if not (DATA / "mended").exists():
            raise ValueError("the page shall show this")
        super().run()


class Needs(Written):
    def requires(self) -> Any:
        return Broken()


class Absent(luigi.ExternalTask):
    number = luigi.IntParameter()

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(DATA / f"absent-{self.number}")


class Wide(Written):
    """More tasks than are drawn, none of which runs."""

    def requires(self) -> Any:
        return [Absent(number) for number in range(10_000)]
