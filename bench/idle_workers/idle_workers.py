#!/usr/bin/env python3
"""What 500 idle stock workers cost a scheduler: `headrace scheduler` beside luigid.

    scripts/setup --bench                            once; headrace built as release
    build/venv/bin/python bench/idle_workers/idle_workers.py [WORKERS [SECONDS]]

A stock worker pings once a second from its keep-alive thread (worker.ping_interval). Here one
process sends the same requests, evenly spread: in `closed` on a connection for each ping, as Luigi
does by itself; in `kept` on one that stays open for each worker, as it does where `requests` is
installed. The figures are CPU seconds of the scheduler a second, in percent of one core, from
/proc; for them less is better. The two schedulers are pinged in turns.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import Server, headrace_scheduler, luigid, own_seconds, result

ROUNDS = 3


def ping(port: int, number: int, kept: bool) -> bytes:
    """Byte for byte what urllib sends for luigi.rpc.RemoteScheduler.ping."""
    worker = f"Worker(salt={number:010d}, workers=1, host=vm-{number}, username=root, pid=4711)"
    body = urlencode({"data": f'{{"worker": "{worker}"}}'}).encode()
    head = (
        f"POST /api/ping HTTP/1.1\r\nAccept-Encoding: identity\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"Host: 127.0.0.1:{port}\r\nUser-Agent: Python-urllib/3.11\r\n"
        f"Connection: {'keep-alive' if kept else 'close'}\r\n\r\n"
    )
    return head.encode() + body


async def worker(port: int, number: int, first: float, until: float, kept: bool) -> int:
    """Pings once a second from `first` on; says how many were answered."""
    request, count, stream = ping(port, number, kept), 0, None
    due = first
    while due < until:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        reader, writer = stream or await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        body = await reader.readexactly(length)
        if b" 200 " not in head or b'"rpc_messages"' not in body:
            sys.exit(f"idle_workers: {head!r} {body!r}")
        if kept:
            stream = (reader, writer)
        else:
            writer.close()
        count += 1
        due += 1.0
    if stream:
        stream[1].close()
    return count


async def all_workers(port: int, workers: int, seconds: float, kept: bool) -> int:
    start = time.monotonic()
    each = [worker(port, n, start + n / workers, start + seconds, kept) for n in range(workers)]
    return sum(await asyncio.gather(*each))


def percent(server: Server, workers: int, seconds: float, kept: bool) -> float:
    before, start = own_seconds(server.pid), time.monotonic()
    count = asyncio.run(all_workers(server.port, workers, seconds, kept))
    cpu, took = own_seconds(server.pid) - before, time.monotonic() - start
    # Of a core at the rate that was asked for, also when the machine was late with some.
    share = cpu / count * workers * 100
    print(
        f"{'kept' if kept else 'closed':7} {server.name:9} {count} pings in {took:.1f} s"
        f"  {cpu / count * 1e6:7.1f} us CPU each  {share:6.2f}% of a core",
        flush=True,
    )
    return share


def main() -> None:
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    base = Path(tempfile.mkdtemp(prefix="idle_workers."))
    try:
        with ExitStack() as stack:
            kinds = (headrace_scheduler, luigid)
            rivals = [stack.enter_context(kind(base)) for kind in kinds]
            for kept in (False, True):
                shares = [
                    [percent(server, workers, seconds, kept) for server in rivals]
                    for _ in range(ROUNDS)
                ]
                ours, rival = map(statistics.median, zip(*shares, strict=True))
                name = "idle_workers/" + ("kept" if kept else "closed")
                result(name, ours, rival, rival / max(ours, 1e-9))
    finally:
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
