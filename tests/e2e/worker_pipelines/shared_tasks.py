"""Many equal tasks, for workers of two kinds at once: each waits until both kinds are at work."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import luigi

KINDS = ("headrace", "luigi")


class Step(luigi.Task):
    out = luigi.Parameter(significant=False)
    number = luigi.IntParameter()

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(f"{self.out}/step-{self.number}")

    def run(self) -> None:
        kind = KINDS["HEADRACE_ATTEMPT" not in os.environ]
        Path(self.out, kind).touch()
        while not all(Path(self.out, other).exists() for other in KINDS):
            time.sleep(0.01)
        with self.output().open("w") as target:
            target.write(kind)


class Steps(luigi.WrapperTask):
    out = luigi.Parameter(significant=False)
    count = luigi.IntParameter()

    def requires(self) -> Iterator[luigi.Task]:
        for number in range(self.count):
            yield Step(out=self.out, number=number)
