#!/usr/bin/env python3
"""Calls a second of stock Luigi workers, on `headrace scheduler` and on luigid, beside each other.

    scripts/setup --bench                            once; headrace built as release
    build/venv/bin/python bench/http/calls.py [SECONDS [PENDING]]
                    each round's length, default 3; the largest backlog, default 50000

ping            pings a second
add_task        new tasks a second; ours are on the disk before they are answered
work/PENDING    tasks a second that get_work gave and that were reported DONE, while PENDING others
                wait: each is replaced by a new one, so a task costs three calls

with 1, 8 and 64 connections, by wrk on one thread (load.lua). Ours and luigid take turns in rounds
and the medians are compared, so that what else the machine does hits both. luigid needs long for
one get_work above 10,000 pending: its rounds there are three times as long, and of 50,000 there is
one round.
"""

from __future__ import annotations

import itertools
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import Server, headrace_scheduler, luigid, own_seconds, result
from wrk import fill, wrk

CONNECTIONS = (1, 8, 64)
BACKLOGS = (1_000, 10_000, 50_000)
ROUNDS = 3
salts = (f"{number:010x}" for number in itertools.count())


def measure(
    name: str, rivals: list[Server], go: Callable[[Server], tuple[float, float, float]], rounds: int
) -> None:
    """`go` says how many, in how many seconds, and their p99 in ms."""
    rates: dict[str, list[float]] = {server.name: [] for server in rivals}
    for _ in range(rounds):
        for server in rivals:
            before = own_seconds(server.pid)
            count, seconds, p99 = go(server)
            cpu = (own_seconds(server.pid) - before) / max(count, 1)
            rates[server.name].append(count / seconds)
            print(
                f"{name:20} {server.name:9} {count / seconds:10.1f}/s  {cpu * 1e6:9.1f} us CPU each"
                f"  p99 of a call {p99:9.2f} ms",
                flush=True,
            )
    ours, rival = (statistics.median(rates[server.name]) for server in rivals)
    result(f"http/{name}", ours, rival, ours / max(rival, 1e-9))


def calls(rivals: list[Server], seconds: float) -> None:
    for connections in CONNECTIONS:

        def ping(server: Server, connections: int = connections) -> tuple[float, float, float]:
            counts = wrk(server.port, connections, seconds, "ping")
            return counts["pings"], counts["seconds"], counts["p99_us"] / 1e3

        def add(server: Server, connections: int = connections) -> tuple[float, float, float]:
            counts = wrk(server.port, connections, seconds, "add", next(salts))
            return counts["adds"], counts["seconds"], counts["p99_us"] / 1e3

        measure(f"ping/c{connections}", rivals, ping, ROUNDS)
        measure(f"add_task/c{connections}", rivals, add, ROUNDS)


def work(rivals: list[Server], seconds: float, backlog: int, more: int) -> None:
    for server in rivals:
        fill(server.port, more, salts)
    large = backlog > 10_000
    for connections in CONNECTIONS:

        def go(server: Server, connections: int = connections) -> tuple[float, float, float]:
            longer = 3 if large and server.name == "luigid" else 1
            counts = wrk(server.port, connections, seconds * longer, "work", next(salts))
            return counts["dones"], counts["seconds"], counts["p99_us"] / 1e3

        measure(f"work/{backlog}/c{connections}", rivals, go, 1 if large else ROUNDS)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    largest = int(sys.argv[2]) if len(sys.argv) > 2 else BACKLOGS[-1]
    base = Path(tempfile.mkdtemp(prefix="bench_http."))
    try:
        with ExitStack() as stack:
            kinds = (headrace_scheduler, luigid)
            calls([stack.enter_context(kind(base / "calls")) for kind in kinds], seconds)
        with ExitStack() as stack:
            kinds = (headrace_scheduler, luigid)
            rivals = [stack.enter_context(kind(base / "work")) for kind in kinds]
            there = 0
            for backlog in (size for size in BACKLOGS if size <= largest):
                work(rivals, seconds, backlog, backlog - there)
                there = backlog
    finally:
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
