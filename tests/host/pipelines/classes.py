"""Tasks that are hard to describe: mixins, secrets, classes made at run time, broken requires()."""

import time

import luigi
import luigi.task
from luigi.mock import MockTarget
from luigi.parameter import ParameterVisibility


class Base(luigi.Task):
    n = luigi.IntParameter(default=0)

    def output(self):
        return luigi.LocalTarget(f"/tmp/headrace-host-test/base{self.n}")


class MixinComplete:
    def complete(self):
        return True


class Mixed(MixinComplete, Base):
    pass


class BoundComplete(Base):
    def requires(self):
        dependency = Base(n=7)
        dependency.complete = lambda: True
        return dependency


class MakesClasses(luigi.Task):
    def requires(self):
        made = type("Made", (Base,), {})
        return [made(n=1), luigi.task.externalize(Base(n=6))]


class Late(luigi.WrapperTask):
    """Imports its dependency's module inside of requires()."""

    def requires(self):
        from late import LateTask

        return LateTask()


class Secret(luigi.Task):
    token = luigi.Parameter(visibility=ParameterVisibility.PRIVATE, default="d")
    obj = luigi.Parameter(default="x")

    def complete(self):
        return False


class GivesSecret(luigi.WrapperTask):
    def requires(self):
        return [Secret(token="real"), Secret(obj="y")]


class WrongType(luigi.WrapperTask):
    def requires(self):
        return Secret(obj=5)


class NoOut(luigi.Task):
    pass


class Opaque(luigi.Task):
    def output(self):
        return MockTarget("x")


class BadDep(luigi.Task):
    def requires(self):
        return luigi.LocalTarget("/x")


class RaisesReq(luigi.Task):
    def requires(self):
        raise KeyError("boom")


class Relative(luigi.Task):
    def output(self):
        return {"a": luigi.LocalTarget("rel/path"), "b": [luigi.LocalTarget("/abs")]}


class BadName(luigi.Task):
    def output(self):
        return luigi.LocalTarget("/tmp/\udcff")


class SlowComplete(luigi.Task):
    n = luigi.IntParameter()

    def complete(self):
        if self.n == 1:
            time.sleep(5)
        if self.n == 2:
            raise OSError("s3 down")
        if self.n == 3:
            return None
        return self.n == 4


class Bulk(luigi.Task):
    """One answer for all: even ones are complete."""

    n = luigi.IntParameter()
    calls: list = []  # noqa: RUF012

    def complete(self):
        raise AssertionError("bulk_complete() was there")

    @classmethod
    def bulk_complete(cls, values):
        return [value for value in values if value % 2 == 0]


class BrokenBulk(luigi.Task):
    n = luigi.IntParameter()

    def complete(self):
        return self.n == 1

    @classmethod
    def bulk_complete(cls, values):
        raise OSError("no bulk today")
