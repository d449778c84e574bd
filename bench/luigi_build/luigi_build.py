#!/usr/bin/env python3
"""luigi.build() of no-op tasks by a stock worker, on `headrace scheduler` and on luigid.

    scripts/setup --bench                            once; headrace built as release
    build/venv/bin/python bench/luigi_build/luigi_build.py [COUNT…]      default 1000 3000

A fresh Python imports Luigi, then the clock runs while it builds a root over COUNT tasks with one
worker: each task is registered, asked for, run in the worker's process and reported DONE, call by
call. Most of the time is therefore the client's own; `scheduler` is what the scheduler itself
used. Tasks a second are compared. The rounds take turns.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import PYTHON, headrace_scheduler, luigid, own_seconds, result, run

HERE = Path(__file__).resolve().parent
ROUNDS = 3
PROGRAM = """
import sys, time, luigi
from noops import Fan
salt, count, url = sys.argv[1], int(sys.argv[2]), sys.argv[3]
start = time.perf_counter()
fine = luigi.build([Fan(salt, count)], scheduler_url=url, workers=1, log_level="ERROR")
print(time.perf_counter() - start)
sys.exit(not fine)
"""


def main() -> None:
    counts = [int(each) for each in sys.argv[1:]] or [1000, 3000]
    base = Path(tempfile.mkdtemp(prefix="luigi_build."))
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    try:
        for count in counts:
            with ExitStack() as stack:
                kinds = (headrace_scheduler, luigid)
                rivals = [stack.enter_context(kind(base / str(count))) for kind in kinds]
                rates: list[list[float]] = [[], []]
                for number in range(ROUNDS):
                    for server, own in zip(rivals, rates, strict=True):
                        before = own_seconds(server.pid)
                        url = f"http://127.0.0.1:{server.port}"
                        what = (f"{number}", str(count), url)
                        seconds = float(run(PYTHON, "-c", PROGRAM, *what, cwd=base, env=env))
                        cpu = own_seconds(server.pid) - before
                        own.append(count / seconds)
                        print(
                            f"{count:6} tasks on {server.name:9} {seconds:7.2f} s"
                            f"  {own[-1]:7.1f} tasks/s  scheduler {cpu / count * 1e3:5.2f} ms each",
                            flush=True,
                        )
                ours, rival = map(statistics.median, rates)
                result(f"luigi_build/{count}", ours, rival, ours / rival)
    finally:
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
