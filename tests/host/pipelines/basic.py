"""Ordinary tasks of every kind, for the tests of the task host."""

import datetime
import os
import time

import luigi
from luigi.parameter import ParameterVisibility

DATA = os.environ.get("HOST_TEST_DATA", "/tmp/headrace-host-test")


class Noop(luigi.Task):
    i = luigi.IntParameter(default=0)

    def output(self):
        return luigi.LocalTarget(f"{DATA}/noop/{self.i}")

    def run(self):
        pass


class Ext(luigi.ExternalTask):
    d = luigi.DateParameter()

    def output(self):
        return luigi.LocalTarget(f"{DATA}/ext/{self.d}.txt")


class Write(luigi.Task):
    i = luigi.IntParameter()

    def output(self):
        return luigi.LocalTarget(f"{DATA}/w/{self.i}.txt")

    def run(self):
        with self.output().open("w") as f:
            f.write("x")


class Mid(luigi.Task):
    n = luigi.IntParameter()
    k = luigi.IntParameter(default=100)
    secret = luigi.Parameter(default="s3cr3t", visibility=ParameterVisibility.PRIVATE)
    hid = luigi.Parameter(default="h", visibility=ParameterVisibility.HIDDEN)
    verbose = luigi.BoolParameter(default=False, significant=False)

    priority = 5
    resources = {"db": 1}  # noqa: RUF012
    worker_timeout = 60
    retry_count = 3
    owner_email = "a@x,b@x"

    def requires(self):
        return [Write(i=self.n * self.k + j) for j in range(self.k)]

    def output(self):
        return luigi.LocalTarget(f"{DATA}/m/{self.n}.txt")


class Nested(luigi.WrapperTask):
    m = luigi.IntParameter(default=100)
    k = luigi.IntParameter(default=100)

    def requires(self):
        return {"mids": [Mid(n=i, k=self.k) for i in range(self.m)]}


class Flat(luigi.WrapperTask):
    n = luigi.IntParameter(default=10000)

    def requires(self):
        return [Write(i=i) for i in range(self.n)]


class NeedsExt(luigi.Task):
    def requires(self):
        return Ext(d=datetime.date(2026, 1, 2))

    def output(self):
        return luigi.LocalTarget(f"{DATA}/needs_ext.txt")


class Chain(luigi.Task):
    n = luigi.IntParameter()

    def requires(self):
        return [Chain(n=self.n - 1)] if self.n else []

    def output(self):
        return luigi.LocalTarget(f"{DATA}/chain/{self.n}")

    def run(self):
        with self.output().open("w") as f:
            f.write("x")


class Dyn(luigi.Task):
    def output(self):
        return luigi.LocalTarget(f"{DATA}/dyn.txt")

    def run(self):
        inputs = yield [Write(i=1), Write(i=2)]
        with self.output().open("w") as f:
            f.write(",".join(target.path for target in inputs))


class Batch(luigi.Task):
    d = luigi.IntParameter(batch_method=max)
    k = luigi.Parameter(default="k")
    max_batch_size = 10

    def run(self):
        print("batch", self.d)

    def complete(self):
        return False


class Echo(luigi.Task):
    """Prints its one parameter, as text and as bytes."""

    text = luigi.Parameter()

    def run(self):
        os.write(1, self.text.encode("utf-8", "surrogatepass"))

    def complete(self):
        return False


class Hang(luigi.Task):
    """Describing it never ends."""

    def requires(self):
        time.sleep(1000)


class HangComplete(luigi.Task):
    def complete(self):
        time.sleep(1000)


@luigi.Task.event_handler(luigi.Event.SUCCESS)
def on_success(task):
    if task.task_family == "Batch":
        os.write(1, b"SUCCESS handler\n")


@luigi.Task.event_handler(luigi.Event.TIMEOUT)
def on_timeout(task, text):
    with open(f"{DATA}/events.txt", "a") as f:
        f.write(f"timeout {task.task_id} {text}\n")


@luigi.Task.event_handler(luigi.Event.DEPENDENCY_DISCOVERED)
def on_discovered(task, dependency):
    with open(f"{DATA}/events.txt", "a") as f:
        f.write(f"discovered {task.task_id} {dependency.task_id}\n")


@luigi.Task.event_handler(luigi.Event.BROKEN_TASK)
def on_broken(task, error):
    raise RuntimeError(f"handler saw {error}")
