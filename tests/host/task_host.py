"""The other side of the task-host protocol, for tests: small, blocking, one attempt at a time."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / "python"
PIPELINES = HERE / "pipelines"
LIMIT = 60.0

sys.path.append(str(PACKAGE))
from headrace.host.lines import Lines  # noqa: E402

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER, as the worker is one


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


def wait_until(condition: Any, limit: float = 10.0) -> bool:
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Attempt:
    """One `run`: what it printed and reported, and how it ended."""

    def __init__(self) -> None:
        self.pid = 0
        self.out, self.err = b"", b""
        self.events: list[dict[str, Any]] = []
        self.result: dict[str, Any] = {}
        self.exited: dict[str, Any] = {}
        self.report: Lines
        self._pipes: dict[int, str] = {}

    @property
    def status(self) -> str:
        return self.result.get("status", "no result")

    @property
    def error(self) -> dict[str, Any]:
        return self.result.get("error") or {}

    def watch(self, out: int, err: int, report: Lines) -> None:
        self._pipes = {out: "out", err: "err"}
        self.report = report

    def read_all(self) -> None:
        """Until all three are at their end, or two seconds after the last one said anything."""
        open_fds = {*self._pipes, self.report.sock.fileno()}
        while open_fds and (ready := select.select(list(open_fds), [], [], 2)[0]):
            for fd in ready:
                if not self.read(fd):
                    open_fds.discard(fd)
        self.close()

    def read(self, fd: int) -> bool:
        if fd in self._pipes:
            data = os.read(fd, 1 << 16)
            setattr(self, self._pipes[fd], getattr(self, self._pipes[fd]) + data)
            return bool(data)
        lines = self.report.read()
        for line in lines or []:
            if line["ev"] in ("result", "summary"):
                self.result = line
            else:
                self.events.append(line)
        return lines is not None

    @property
    def fds(self) -> list[int]:
        return [*self._pipes, self.report.sock.fileno()]

    def close(self) -> None:
        for fd in self._pipes:
            os.close(fd)
        self.report.close()


class Host:
    """A zygote. Its own output is kept in a file, for `log()`."""

    def __init__(
        self,
        module: str,
        *,
        python: str,
        data: Path,
        also: Sequence[str] = (),
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        path: Sequence[Path] = (PIPELINES,),
        options: Sequence[str] = (),
    ) -> None:
        ours, theirs = socket.socketpair()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115, closed by close()
        command = [python, str(PACKAGE / "headrace/host/__main__.py"), "--fd", str(theirs.fileno())]
        command += [f"--path={p}" for p in path] + [f"--module={m}" for m in (module, *also)]
        (data / "w").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [*command, *options],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "HOST_TEST_DATA": str(data), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd=cwd,
        )
        theirs.close()
        self.control = Lines(ours)
        self._events: list[dict[str, Any]] = []
        self._exits: dict[int, dict[str, Any]] = {}
        self.ready = self.event()

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.control.close()
        self.process.wait(LIMIT)
        self._log.close()

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode()

    def event(self) -> dict[str, Any]:
        """The next line of the zygote; {"ev": "eof"} at its end."""
        while not self._events:
            if not select.select([self.control.sock], [], [], LIMIT)[0]:
                raise TimeoutError("the zygote says nothing")
            lines = self.control.read()
            if lines is None:
                return {"ev": "eof", "returncode": self.process.wait(LIMIT)}
            self._events += lines
        return self._events.pop(0)

    def start(
        self, module: str, family: str, params: dict[str, Any] | None = None, **more: Any
    ) -> Attempt:
        attempt = Attempt()
        (out, their_out), (err, their_err) = os.pipe(), os.pipe()
        ours, theirs = socket.socketpair()
        names = {"module": module, "family": family, "params": params or {}}
        request = {"op": "run", "attempt": f"a-{out}", **names, **more}
        self.control.send(request, [their_out, their_err, theirs.fileno()])
        os.close(their_out)
        os.close(their_err)
        theirs.close()
        attempt.watch(out, err, Lines(ours))
        answer = self._answer_to(request["attempt"])
        if answer["ev"] == "started":
            attempt.pid = answer["pid"]
        else:
            attempt.exited = answer
        return attempt

    def _answer_to(self, attempt: str) -> dict[str, Any]:
        """The first line about it; exits of others are kept for their wait()."""
        while (event := self.event())["ev"] != "eof" and event["attempt"] != attempt:
            self._exits[event["pid"]] = event
        return event

    def _exit_of(self, pid: int) -> dict[str, Any]:
        while pid not in self._exits:
            event = self.event()
            if event["ev"] == "eof":
                return event
            self._exits[event["pid"]] = event
        return self._exits.pop(pid)

    def wait(self, attempt: Attempt) -> Attempt:
        """Reads what it says until the zygote says how it ended."""
        open_fds = set(attempt.fds)
        control = self.control.sock.fileno()
        while not attempt.exited and attempt.pid not in self._exits and not self._events:
            ready = select.select([control, *open_fds], [], [], LIMIT)[0]
            for fd in ready:
                if fd != control and not attempt.read(fd):
                    open_fds.discard(fd)
            if control in ready:
                break
        attempt.exited = attempt.exited or self._exit_of(attempt.pid)
        attempt.read_all()
        return attempt

    def run(self, *name: Any, **more: Any) -> Attempt:
        return self.wait(self.start(*name, **more))

    def run_fresh(self, *name: Any, **more: Any) -> Attempt:
        """This interpreter becomes the task."""
        attempt = self.start(*name, nofork=True, **more)
        attempt.read_all()
        code = self.process.wait(LIMIT)
        attempt.exited = {"signal": -code} if code < 0 else {"code": code}
        return attempt

    def session(self) -> Session:
        ours, theirs = socket.socketpair()
        self.control.send({"op": "session", "name": "plan"}, [theirs.fileno()])
        theirs.close()
        return Session(Lines(ours))


StartHost = Callable[..., Host]


class Session:
    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._waiting: list[dict[str, Any]] = []
        self._count = 0
        self.pid = self._line()["pid"]

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    def ask(self, operation: str, **request: Any) -> dict[str, Any]:
        self._count += 1
        self._lines.send({"op": operation, "n": self._count, **request})
        nodes: list[dict[str, Any]] = []
        while True:
            line = self._line()
            assert line["re"] == self._count
            nodes += line.get("nodes", [])
            if not line.get("more"):
                return {**line, "nodes": nodes}

    def describe(self, module: str, family: str, **params: str) -> dict[str, Any]:
        name = {"module": module, "family": family, "params": params}
        return self.ask("describe", tasks=[name])["nodes"][0]

    def _line(self) -> dict[str, Any]:
        while not self._waiting:
            lines = self._lines.read()
            if lines is None:
                raise EOFError("the session has ended")
            self._waiting += lines
        return self._waiting.pop(0)


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
