"""kill -9 at random moments of the example: it ends as ever, and nothing acknowledged is lost.

Scheduler, planner and two workers are processes of their own. What counts is this file's own
account (Account, Witness), not only what headrace says of itself. A moment is a number of tasks
that have ended by then, so a seed repeats it: HEADRACE_KILL_SEED. HEADRACE_KILL_MOMENTS says how
many moments each kind of victim gets; the usual few keep this to a minute.
"""

from __future__ import annotations

import collections
import http.client
import itertools
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ctr_example import Run, fetch, run_experiment
from example_run import RUNS, ExampleSystem
from headrace_system import await_that, is_alive
from manifest import differences
from task_witness import Witness

MOMENTS = int(os.environ.get("HEADRACE_KILL_MOMENTS", "2"))
SEED = int(os.environ.get("HEADRACE_KILL_SEED", random.randrange(1_000_000)))
MOMENTS_OF_ONE_RUN = 4
LAST_MOMENT = 175  # tasks that have ended; some ten are left then
WORKERS = ("worker-0", "worker-1")
FIRST_HOUR_MS = 1574553600000  # 2019-11-24T00, UTC
HOURS = 168
HALF_WRITTEN = "-luigi-tmp-"  # Luigi's name for a file whose writer may have been killed


def children_of(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in children.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def kill_9(pid: int) -> bool:
    """Was it still there?"""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class KillableExample(ExampleSystem):
    """Each role by its name, so that it can be killed and started again."""

    def __init__(self, data: Path, folder: Path) -> None:
        settings = {"scheduler.lease": "2s", "worker.slots": "2"}
        for pipeline in ("hourly_rollup", "daily_table"):  # what was killed need not wait
            settings[f"pipelines.{pipeline}.retry.delay"] = "1s"
        super().__init__(data, folder, settings)
        self.witness = Witness(folder / "witness")
        self.named: dict[str, Any] = {}

    def environment(self) -> dict[str, str]:
        return self.witness.environment(super().environment())

    def start_named(self, name: str) -> None:
        self.named[name] = self.start(name.partition("-")[0])

    def await_ends(self, count: int) -> None:
        def ended() -> bool:
            runs = self.get("/v1/overview")["runs"]
            assert not runs.get("failed"), self.dump()
            return len(self.witness.events("end")) >= count

        await_that(f"{count} tasks have ended", ended)

    def kill(self, *names: str) -> None:
        for name in names:
            self.named[name].kill()
        for name in names:
            self.named[name].wait()

    def kill_a_task(self, dice: random.Random) -> None:
        """A process that has started a task and not ended it."""

        def killed() -> bool:
            ended = {(event.task, event.pid) for event in self.witness.events("end")}
            started = [(event.task, event.pid) for event in self.witness.events("start")]
            running = [int(pid) for task, pid in started if (task, pid) not in ended]
            running = [pid for pid in running if is_alive(pid)]
            return bool(running) and kill_9(dice.choice(running))

        await_that("a running task is killed", killed)

    def kill_a_host(self, dice: random.Random) -> None:
        """A Python of a worker, which forks tasks."""

        def killed() -> bool:
            hosts = [host for name in WORKERS for host in children_of(self.named[name].pid)]
            return bool(hosts) and kill_9(dice.choice(hosts))

        await_that("a host is killed", killed)


class Account:
    """What the scheduler has acknowledged, written down by a client of it while things die.

    Another thread asks for runs, and reads which tasks and runs are done; an answer that came is
    held against the scheduler at the end.
    """

    def __init__(self, system: KillableExample, dice: random.Random) -> None:
        self._system = system
        self._dice = dice
        self._over = threading.Event()
        self.created: dict[int, int] = {}  # run -> its interval's begin
        self.done_runs: set[int] = set()
        self.done_tasks: dict[str, int] = {}  # task -> attempts it had taken
        self.refused = 0  # requests without an answer
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._over.wait(0.1):
            try:
                self._ask()
                self._read()
            except (OSError, http.client.HTTPException):  # it was killed while it answered
                self.refused += 1

    def _ask(self) -> None:
        begin = FIRST_HOUR_MS + self._dice.randrange(HOURS) * 3_600_000
        body = {"pipeline": "hourly_rollup", "interval_start": begin}
        self.created[self._system.post("/v1/runs", body)["run"]] = begin

    def _read(self) -> None:
        for run in self._system.all_items("/v1/runs"):
            if run["state"] == "done":
                self.done_runs.add(run["id"])
        for task in self._system.all_items("/v1/tasks"):
            if task["status"] == "DONE":
                self.done_tasks.setdefault(task["id"], task["attempts"])

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        runs = {run["id"]: run for run in self._system.all_items("/v1/runs")}
        tasks = {task["id"]: task for task in self._system.all_items("/v1/tasks")}
        for run, begin in self.created.items():
            assert runs[run]["interval_start"] == begin, (run, begin)
        intervals = collections.Counter((r["pipeline"], r["interval_start"]) for r in runs.values())
        assert len(runs) == len(intervals) == RUNS
        assert {run["state"] for run in runs.values()} == {"done"}
        assert self.done_runs <= runs.keys()
        for task, attempts in self.done_tasks.items():
            assert tasks[task]["status"] == "DONE", task
            assert tasks[task]["attempts"] == attempts, f"{task} was done, and has run again"


def check_attempts(system: KillableExample) -> dict[str, int]:
    """No two attempts of a task overlap, and all have ended. Says how many ended how."""
    outcomes: collections.Counter[str] = collections.Counter()
    for task in system.all_items("/v1/tasks"):
        attempts = system.attempts(task["id"]) if task["attempts"] else []
        assert all(attempt["ended_at"] is not None for attempt in attempts), attempts
        outcomes.update(attempt["outcome"] for attempt in attempts)
        for earlier, later in itertools.pairwise(attempts):
            assert earlier["ended_at"] <= later["started_at"], (task["id"], earlier, later)
    return dict(outcomes)


def strike(system: KillableExample, victim: str, dice: random.Random) -> None:
    """Kills the victim, and starts again what does not come back by itself."""
    if victim == "task":
        return system.kill_a_task(dice)
    if victim == "host":
        return system.kill_a_host(dice)
    names = {
        "worker": [dice.choice(WORKERS)],
        "everything": dice.sample(list(system.named), len(system.named)),
    }.get(victim, [victim])
    system.kill(*names)
    for name in sorted(names, key=lambda name: name != "scheduler"):
        system.start_named(name)
    return None


@pytest.fixture(scope="module")
def data() -> Path:
    return fetch()


@pytest.fixture(scope="module")
def stock(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = run_experiment("3.8.1", data, tmp_path_factory.mktemp("stock") / "out")
    assert run.code == 0, run.log
    return run


def parts(moments: int) -> Iterator[int]:
    while moments > 0:
        yield min(moments, MOMENTS_OF_ONE_RUN)
        moments -= MOMENTS_OF_ONE_RUN


@pytest.mark.timeout(60 + 60 * MOMENTS)
@pytest.mark.parametrize("victim", ["scheduler", "planner", "worker", "host", "task", "everything"])
def test_example_ends_as_ever_whatever_is_killed(
    stock: Run, data: Path, tmp_path: Path, victim: str
) -> None:
    for part, strikes in enumerate(parts(MOMENTS)):
        seed = f"{SEED}-{victim}-{part}"
        print(f"HEADRACE_KILL_SEED={SEED}: {seed}")
        run_example(stock, data, tmp_path / str(part), victim, strikes, random.Random(seed))


def run_example(
    stock: Run, data: Path, folder: Path, victim: str, strikes: int, dice: random.Random
) -> None:
    """One run of the example with some strikes, checked."""
    system = KillableExample(data, folder)
    moments = sorted(dice.sample(range(LAST_MOMENT), strikes))
    account = None
    try:
        for name in ("scheduler", "planner", *WORKERS):
            system.start_named(name)
        account = Account(system, random.Random(dice.random()))
        for moment in moments:
            system.await_ends(moment)
            strike(system, victim, dice)
        system.await_the_end()
        account.close()
        system.await_the_end()  # its last request has had a run planned again

        account.check()
        attempts = check_attempts(system)
    finally:
        if account:
            account.close()
        system.stop()
    remains = [line for line in differences(stock.out, system.out) if HALF_WRITTEN not in line]
    assert remains == []
    assert system.witness.events("twice") == []
    assert all(not is_alive(process.pid) for process in system.processes)
    print(
        f"{victim} killed after {moments} tasks: attempts {attempts}, "
        f"{len(system.witness.events('start'))} starts; acknowledged: {len(account.created)} "
        f"created runs, {len(account.done_tasks)} done tasks; {account.refused} requests failed"
    )
