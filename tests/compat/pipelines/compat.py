"""Tasks of all kinds that Luigi has, each leaving in $COMPAT_OUT a file and a line in `log`."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import luigi

OUT = Path(os.environ["COMPAT_OUT"])


def note(line: str) -> None:
    with (OUT / "log").open("a") as log:
        log.write(line + "\n")


class Leaving(luigi.Task):
    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(str(OUT / self.task_id))

    def leave(self) -> None:
        note(self.task_family)
        with self.output().open("w") as file:
            file.write("done\n")

    def run(self) -> None:
        self.leave()


class Raw(Leaving):
    pass


class Clean(Leaving):
    def requires(self) -> luigi.Task:
        return Raw()


class Report(Leaving):
    def requires(self) -> list[luigi.Task]:
        return [Clean(), Raw()]


class Broken(Leaving):
    def run(self) -> None:
        note("Broken")
        raise ValueError("the disk is made of cheese: ✓")


class OnBroken(Leaving):
    def requires(self) -> luigi.Task:
        return Broken()


class Mended(Leaving):
    """Fails the first time."""

    def run(self) -> None:
        first = not (OUT / "mended-once").exists()
        (OUT / "mended-once").touch()
        if first:
            raise RuntimeError("not yet")
        self.leave()


class Page(Leaving):
    """Uses the one press; notes when it holds it."""

    number = luigi.IntParameter()
    resources = {"press": 1}  # noqa: RUF012

    def run(self) -> None:
        note(f"begin {self.number}")
        time.sleep(0.1)
        note(f"end {self.number}")
        self.leave()


class Book(luigi.WrapperTask):
    def requires(self) -> list[luigi.Task]:
        return [Page(number=n) for n in range(6)]


class Numbered(Leaving):
    number = luigi.IntParameter()


class Many(luigi.WrapperTask):
    def requires(self) -> list[luigi.Task]:
        return [Numbered(number=n) for n in range(40)]


class Dynamic(Leaving):
    def run(self) -> Iterator[list[luigi.Task]]:
        yield [Numbered(number=n) for n in range(3)]
        yield [Numbered(number=100)]
        self.leave()


class Day(luigi.Task):
    """Days are run in batches: all that wait at once, in one run."""

    day = luigi.Parameter(batch_method=",".join)

    def output(self) -> list[luigi.LocalTarget]:
        return [luigi.LocalTarget(str(OUT / f"day-{day}")) for day in self.day.split(",")]

    def complete(self) -> bool:
        return all(target.exists() for target in self.output())

    def run(self) -> None:
        note(f"days {self.day}")
        for target in self.output():
            with target.open("w") as file:
                file.write("done\n")


class Month(luigi.WrapperTask):
    def requires(self) -> list[luigi.Task]:
        return [Day(day=f"{n:02}") for n in range(1, 6)]


class Odd(Leaving):
    """A parameter with everything that text may hold."""

    text = luigi.Parameter(default='a "b" \\ % + & = ü 漢 🎈\n\t\udcff')


class Missing(luigi.ExternalTask):
    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(str(OUT / "from-elsewhere"))


class OnMissing(Leaving):
    def requires(self) -> luigi.Task:
        return Missing()
