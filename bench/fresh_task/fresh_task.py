#!/usr/bin/env python3
"""No-op Luigi tasks a second, each in a fresh process, two at a time, through the whole system.

    scripts/setup --bench                            once; headrace built as release
    build/venv/bin/python bench/fresh_task/fresh_task.py [TASKS]      default 1000

ours            `headrace up` (its store, queue and workers), `headrace run` of a root over TASKS:
                from the start of the command to its end, so planning is in it
luigi_cli       `python -m luigi` per task, one after another (a fiftieth of TASKS: it is slow)
luigi_build     luigi.build(workers=2) over luigid, which forks per task
rq              RQ's worker pool of two over Redis (AOF, fsync each second), which forks per job

All servers are up and idle when a measurement starts. Prints for each: tasks a second, the CPU
seconds a task cost in all processes, and how many processes ran them. The rounds alternate, so
that what else the machine does hits all alike; the medians are compared.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import (
    HEADRACE,
    PYTHON,
    ROOT,
    START_SECONDS,
    await_answer,
    free_port,
    luigid,
    result,
    run,
    server,
    tree_seconds,
)

HERE = Path(__file__).resolve().parent
RIVALS = ROOT / "build/venv-rivals/bin"
ROUNDS = 3
CLI_SHARE = 50  # one task in so many is run by `python -m luigi`


class Contestant:
    """One way to run the tasks: `go` runs some into a folder; `servers` are processes kept up."""

    def __init__(self, name: str, go: Callable[[int, Path], None], servers: list[int]) -> None:
        self.name, self._go, self._servers = name, go, servers
        self.rates: list[float] = []
        self.cpu: list[float] = []

    def measure(self, count: int, folder: Path) -> None:
        folder.mkdir(parents=True)
        before = self._cpu()
        start = time.perf_counter()
        self._go(count, folder)
        seconds = time.perf_counter() - start
        self.rates.append(count / seconds)
        self.cpu.append((self._cpu() - before) / count)
        written = [path.read_text() for path in folder.iterdir()]
        if len(written) != count:
            sys.exit(f"{self.name}: {len(written)} of {count} tasks left their file")
        print(
            f"{self.name:12} {self.rates[-1]:8.1f} tasks/s  {self.cpu[-1] * 1e3:7.1f} ms CPU a task"
            f"  {len(set(written))} processes for {count} tasks",
            flush=True,
        )

    def _cpu(self) -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime + sum(tree_seconds(pid) for pid in self._servers)

    def rate(self) -> float:
        return statistics.median(self.rates)


def headrace(stack: ExitStack, base: Path) -> Contestant:
    port = free_port()
    (base / "headrace.toml").write_text(
        f'[scheduler]\nlisten = "127.0.0.1:{port}"\nstore = "sqlite://{base}/store"\n'
        f'[host]\npython = "{PYTHON}"\npath = ["{HERE}"]\n[logs]\ndir = "{base}/logs"\n'
    )
    pid = stack.enter_context(server(HEADRACE, "up", "--quiet", "--slots", "2", cwd=base))
    await_answer(f"http://127.0.0.1:{port}/healthz")

    def go(count: int, folder: Path) -> None:
        fan = ("fresh_tasks", "Fan", "--count", str(count), "--folder", str(folder))
        run(HEADRACE, "run", "--quiet", *fan, cwd=base)

    return Contestant("ours", go, [pid])


def luigi(stack: ExitStack, base: Path) -> list[Contestant]:
    central = stack.enter_context(luigid(base))
    port, pid = central.port, central.pid
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    where = ("--scheduler-host", "127.0.0.1", "--scheduler-port", str(port))

    def cli(count: int, folder: Path) -> None:
        for n in range(count):
            task = ("--module", "fresh_tasks", "Noop", "--n", str(n), "--folder", str(folder))
            run(PYTHON, "-m", "luigi", *task, *where, cwd=base, env=env)

    def build(count: int, folder: Path) -> None:
        fan = ("--module", "fresh_tasks", "Fan", "--count", str(count), "--folder", str(folder))
        run(PYTHON, "-m", "luigi", *fan, "--workers", "2", *where, cwd=base, env=env)

    return [Contestant("luigi_cli", cli, [pid]), Contestant("luigi_build", build, [pid])]


def rq(stack: ExitStack, base: Path) -> Contestant:
    redis = shutil.which("redis-server")
    if not redis or not RIVALS.is_dir():
        sys.exit("fresh_task: RQ and Redis are not here: run scripts/setup --bench")
    port = str(free_port())
    command = [redis, "--port", port, "--bind", "127.0.0.1", "--appendonly", "yes", "--save", ""]
    pids = [stack.enter_context(server(*command, "--dir", str(base), cwd=base))]
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(port)), 1).close()
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    pool = [str(RIVALS / "rq"), "worker-pool", "-n", "2", "--url", f"redis://127.0.0.1:{port}"]
    pids.append(stack.enter_context(server(*pool, "--logging-level", "WARNING", cwd=base, env=env)))

    def go(count: int, folder: Path) -> None:
        python = str(RIVALS / "python")
        run(python, str(HERE / "rq_jobs.py"), port, str(count), str(folder), cwd=base, env=env)

    return Contestant("rq", go, pids)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    base = Path(tempfile.mkdtemp(prefix="fresh_task."))
    try:
        with ExitStack() as stack:
            ours = headrace(stack, base)
            rivals = [*luigi(stack, base), rq(stack, base)]
            for contestant in (ours, *rivals):  # the first import, the first connection
                contestant.measure(2, base / "warm" / contestant.name)
                contestant.rates.clear()
            for number in range(ROUNDS):
                for contestant in (ours, *rivals):
                    share = CLI_SHARE if contestant.name == "luigi_cli" else 1
                    folder = base / str(number) / contestant.name
                    contestant.measure(max(1, count // share), folder)
    finally:
        shutil.rmtree(base)
    for rival in rivals:
        ratio = ours.rate() / rival.rate()
        result(f"fresh_task/{rival.name}", ours.rate(), rival.rate(), ratio)


if __name__ == "__main__":
    main()
