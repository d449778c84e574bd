"""What the programs of bench/ share: servers that live as long as a block, and what they cost.

All of them listen on 127.0.0.1, on a port that is free now, and keep what they write in a folder of
the program's own.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
HEADRACE = os.environ.get("HEADRACE_BINARY", str(ROOT / "build/release/src/cli/headrace"))
PYTHON = str(ROOT / "build/venv/bin/python")
START_SECONDS = 60.0
STOP_SECONDS = 60.0


class Server(NamedTuple):
    name: str
    port: int
    pid: int


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_answer(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def server(*command: str, cwd: Path, env: dict[str, str] | None = None) -> Iterator[int]:
    """A process (its id) until the block ends."""
    with (cwd / f"{Path(command[0]).name}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=log, stderr=log)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:  # luigid, deep in a queue of requests
            process.kill()
            process.wait()


@contextmanager
def headrace_scheduler(base: Path, *options: str) -> Iterator[Server]:
    """`headrace scheduler` as it comes: each answer is on the disk (durability = "fsync")."""
    folder = base / "headrace"
    folder.mkdir(parents=True)
    port = free_port()
    where = ("--listen", f"127.0.0.1:{port}", "--store", f"sqlite://{folder}/store")
    with server(HEADRACE, "scheduler", *where, *options, cwd=folder) as pid:
        await_answer(f"http://127.0.0.1:{port}/healthz")
        yield Server("headrace", port, pid)


@contextmanager
def luigid(base: Path) -> Iterator[Server]:
    """Stock luigid as it comes: it writes its state when it is stopped."""
    folder = base / "luigid"
    folder.mkdir(parents=True)
    port = free_port()
    command = [str(Path(PYTHON).with_name("luigid")), "--address", "127.0.0.1"]
    command += ["--port", str(port), "--state-path", str(folder / "state.pickle")]
    with server(*command, "--logdir", str(folder), cwd=folder) as pid:
        await_answer(f"http://127.0.0.1:{port}/api/ping?data=%7B%22worker%22%3A%22w%22%7D")
        yield Server("luigid", port, pid)


def run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def own_seconds(pid: int) -> float:
    """CPU seconds of a process and those of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def tree_seconds(pid: int) -> float:
    """CPU seconds of a process and its children, dead ones included."""
    return sum(own_seconds(each) for each in [pid, *children(pid)])


def children(pid: int) -> list[int]:
    own: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        own += [int(child) for child in (task / "children").read_text().split()]
    return own + [below for child in own for below in children(child)]


def result(name: str, ours: float, rival: float, ratio: float) -> None:
    print(f"RESULT {name} ours={ours:.2f} rival={rival:.2f} ratio={ratio:.2f}", flush=True)
