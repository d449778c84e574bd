"""One task that fails until it is mended, what depends on it, and much that does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import luigi


class Part(luigi.Task):
    out = luigi.Parameter(significant=False)

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(f"{self.out}/{self.task_id}")

    def run(self) -> None:
        with self.output().open("w") as target:
            target.write("done")


class Source(Part):
    number = luigi.IntParameter()


class Sound(Part):
    """Depends on sources alone."""

    number = luigi.IntParameter()

    def requires(self) -> luigi.Task:
        return Source(out=self.out, number=self.number)


class Broken(Part):
    """Fails as long as the file `mended` is absent. Gives up at the fourth failure, not earlier."""

    retry_count = 4

    def requires(self) -> luigi.Task:
        return Source(out=self.out, number=0)

    def run(self) -> None:
        if not Path(self.out, "mended").exists():
            raise ValueError("broken on purpose")
        super().run()


class AboveBroken(Part):
    def requires(self) -> luigi.Task:
        return Broken(out=self.out)


class Whole(Part):
    def requires(self) -> Iterator[luigi.Task]:
        yield AboveBroken(out=self.out)
        for number in range(10):
            yield Sound(out=self.out, number=number)
