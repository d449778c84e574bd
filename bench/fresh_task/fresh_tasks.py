"""No-op tasks: each writes who ran it, so that the bench can count processes."""

from __future__ import annotations

import os

import luigi


class Noop(luigi.Task):
    n = luigi.IntParameter()
    folder = luigi.Parameter()

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(f"{self.folder}/{self.n}")

    def run(self) -> None:
        with self.output().open("w") as out:
            out.write(str(os.getpid()))


class Fan(luigi.WrapperTask):
    count = luigi.IntParameter()
    folder = luigi.Parameter()

    def requires(self) -> list[Noop]:
        return [Noop(n, self.folder) for n in range(self.count)]
