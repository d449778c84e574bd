"""The tasks that the bench builds, in memory only: a no-op that is complete once it ran."""

from __future__ import annotations

from typing import ClassVar

import luigi


class Noop(luigi.Task):
    salt = luigi.Parameter()
    n = luigi.IntParameter()
    ran: ClassVar[set[str]] = set()

    def complete(self) -> bool:
        return self.task_id in self.ran

    def run(self) -> None:
        self.ran.add(self.task_id)


class Fan(luigi.WrapperTask):
    salt = luigi.Parameter()
    count = luigi.IntParameter()

    def requires(self) -> list[Noop]:
        return [Noop(self.salt, n) for n in range(self.count)]
