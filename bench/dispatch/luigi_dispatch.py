"""The rival of bench_dispatch: Luigi's own scheduler, in this process, without HTTP.

luigi_dispatch.py SHAPE SIZE     prints operations (get_work + DONE) a second
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator

from luigi.scheduler import Scheduler

SECONDS = 3.0  # for each figure, and at least OPERATIONS_MIN
OPERATIONS_MIN = 3


def name(n: int) -> str:
    return f"Task_{n}_0123456789"


def graph(shape: str, size: int) -> Iterator[tuple[int, list[str] | None, dict[str, int] | None]]:
    """The same as Fill() in dispatch.cc."""
    for n in range(size):
        deps = None
        if shape == "chains" and n % 10 != 0:
            deps = [name(n - 1)]
        if shape == "fan_in" and n % 100 == 99:
            deps = [name(leaf) for leaf in range(n - 99, n)]
        yield n, deps, {"db": 1} if shape == "resources" else None


def main() -> None:
    shape, size = sys.argv[1], int(sys.argv[2])
    logging.disable(logging.CRITICAL)
    scheduler = Scheduler(resources={"db": 4})
    for n, deps, resources in graph(shape, size):
        scheduler.add_task(
            worker="worker",
            task_id=name(n),
            status="PENDING",
            family="Task",
            module="bench",
            params={"n": str(n)},
            deps=deps,
            resources=resources,
        )

    done = 0
    start = time.perf_counter()
    spent = 0.0
    while done < size // 2 and (spent < SECONDS or done < OPERATIONS_MIN):
        work = scheduler.get_work(worker="worker", host="here")
        assert work["task_id"] is not None
        scheduler.add_task(worker="worker", task_id=work["task_id"], status="DONE", family="Task")
        done += 1
        spent = time.perf_counter() - start
    print(done / spent)


if __name__ == "__main__":
    main()
