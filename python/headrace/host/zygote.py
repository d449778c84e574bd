"""The zygote: imports the user's module, then forks what it is asked for, and nothing else.

One thread, one poll loop over the control socket and a pipe that SIGCHLD writes to. It is the
sub-reaper of its tasks: a daemon that an ended task has left becomes its child, which it kills. A
task counts as ended (`exited`) only once its group and its daemons are gone.

A task may have a lease: when it is over and was not renewed, the worker stands still (or worse) and
the task may be given to another one. So it is killed, with its tree, whatever the worker does.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import gc
import math
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from headrace.host import child
from headrace.host.errors import describe_error
from headrace.host.imports import file_stamps, import_modules
from headrace.host.lines import Lines
from headrace.host.run import Runner

EXIT_IMPORT_FAILED = 3
TREE_WAIT_SECONDS = 5.0  # for processes that do not die of SIGKILL at once
RECHECK_MS = 20
LEASE_CHECK_MS = 500  # the poll's clock stands still while the machine sleeps, a lease's does not


@dataclass
class Child:
    """A process forked here, until its whole tree is gone."""

    request: dict[str, Any]
    exited: dict[str, Any] = field(default_factory=dict)  # its last line, once the leader ended
    give_up_at: float = 0.0
    lease_end: float = math.inf  # on CLOCK_BOOTTIME


class Zygote:
    """Lives as long as its control socket."""

    def __init__(self, control: Lines, runner: Runner, families: set[str]) -> None:
        self._control = control
        self._runner = runner
        self._families = families
        self._files: list[TextIO] = child.open_files()
        self._null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._wake, self._wake_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._children: dict[int, Child] = {}
        self._ending: dict[int, Child] = {}  # their leaders are gone, others of their trees not
        self._not_ours: set[int] = set()  # started by the imports

    def prepare(self) -> None:
        """The last things before the first fork."""
        child.flush_all(self._files)  # else every child would write again what is buffered
        gc.collect()
        gc.freeze()  # a child's first collection then copies no pages
        self._not_ours = set(_child_pids())
        child.adopt_orphans()
        signal.set_wakeup_fd(self._wake_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Other threads that only wait (OpenBLAS stops its own at a fork) are no reason to warn.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

    def serve(self) -> None:
        """Until the other side closes, or asks to stop. Does not return."""
        poll = select.poll()
        poll.register(self._control.sock, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while True:
            for fd, _ in poll.poll(self._poll_ms()):
                if fd == self._wake:
                    self._reap()
                    continue
                requests = self._control.read()
                if requests is None:
                    self._stop()
                for request in requests:
                    self._answer(request)
            if self._ending:
                self._clear_ending()
            self._enforce_leases()

    def _poll_ms(self) -> float | None:
        if self._ending:
            return RECHECK_MS
        end = min((child.lease_end for child in self._children.values()), default=math.inf)
        if end == math.inf:
            return None
        return min(LEASE_CHECK_MS, max(0.0, end - _boot_time()) * 1e3 + 1)

    def _enforce_leases(self) -> None:
        now = None
        for pid, running in self._children.items():
            if running.lease_end == math.inf:
                continue
            now = now or _boot_time()
            if running.lease_end <= now:
                _kill(os.killpg, pid)

    def _answer(self, request: dict[str, Any]) -> None:
        operation = request.get("op")
        if operation == "stop":
            self._stop()
        elif operation == "run":
            self._start(request, self._control.take_fds(3))
        elif operation == "lease":
            for running in self._children.values():
                if running.request.get("attempt") == request["attempt"]:
                    running.lease_end = request["lease_end"]
        elif operation == "session":
            self._start(request, self._control.take_fds(1))

    def _start(self, request: dict[str, Any], fds: list[int]) -> None:
        if request.get("nofork"):  # this interpreter is for one task alone
            parent = os.getppid()
            self._say_started(request, os.getpid())
            self._become(request, fds, parent)
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as ex:  # EAGAIN, ENOMEM: this one fails, the zygote stays
            self._say_fork_failed(request, fds, ex)
            pid = -1
        if pid == 0:
            self._become(request, fds, parent)
        for fd in fds:
            os.close(fd)
        if pid > 0:
            lease_end = request.get("lease_end", math.inf)
            self._children[pid] = Child(request, lease_end=lease_end)
            self._say_started(request, pid)

    def _say_started(self, request: dict[str, Any], pid: int) -> None:
        if request["op"] == "run":  # a session names itself on its own socket
            self._control.send({"ev": "started", "attempt": request["attempt"], "pid": pid})

    def _say_fork_failed(self, request: dict[str, Any], fds: list[int], ex: OSError) -> None:
        message = {"ev": "fork_failed", "errno": ex.errno, "message": str(ex)}
        if request["op"] == "run":
            self._control.send({**message, "attempt": request["attempt"]})
        else:
            with socket.socket(fileno=os.dup(fds[0])) as own:
                Lines(own).send(message)

    def _become(self, request: dict[str, Any], fds: list[int], parent: int) -> None:
        """In the child: does the work and ends the process."""
        code = child.EXIT_BROKEN
        try:
            os.close(self._wake)
            os.close(self._wake_end)
            guarded = request.get("nofork") and "lease_end" in request
            if not guarded:
                self._control.close()
            child.become_independent(request, f"hr:{request.get('family', 'session')}", parent)
            if not request.get("nofork"):
                child.forget_parent()
            if guarded:
                _guard_own_lease(self._control, request["lease_end"])
            os.dup2(self._null, 0)
            if request["op"] == "run":
                child.take_streams(fds[0], fds[1])
                self._runner.run(request, Lines(child.take_socket(fds[2])))
            else:
                from headrace.host.session import serve_session

                serve_session(Lines(child.take_socket(fds[0])), self._families)
            code = 0
        except BaseException:
            traceback.print_exc()
        child.finish(code, self._files)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            ended = self._children.pop(pid, None)
            if ended is None:
                continue  # an orphan of ours
            ended.exited = {
                "ev": "exited",
                "attempt": ended.request.get("attempt"),
                "pid": pid,
                **_how_it_ended(status),
                "cpu_s": round(usage.ru_utime + usage.ru_stime, 4),
                "max_rss_kb": usage.ru_maxrss,
            }
            ended.give_up_at = time.monotonic() + TREE_WAIT_SECONDS
            self._ending[pid] = ended

    def _clear_ending(self) -> None:
        """Kills what ended children have left; says `exited` for those that have left nothing."""
        orphans = [
            pid for pid in _child_pids() if pid not in self._children and pid not in self._not_ours
        ]
        for pid in orphans:
            _kill(os.kill, pid)
        for pid, ended in list(self._ending.items()):
            tree_gone = not _kill(os.killpg, pid) and not orphans
            if not tree_gone and time.monotonic() < ended.give_up_at:
                continue  # SIGCHLD, or the recheck, brings us back
            del self._ending[pid]
            if ended.request["op"] == "run":
                self._control.send({**ended.exited, "tree_gone": tree_gone})

    def _stop(self) -> None:
        for pid in (*self._children, *self._ending):
            _kill(os.killpg, pid)
        give_up_at = time.monotonic() + TREE_WAIT_SECONDS
        while time.monotonic() < give_up_at:
            try:
                while os.wait4(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                break
            left = [pid for pid in _child_pids() if pid not in self._not_ours]
            if not left:
                break
            for pid in left:
                _kill(os.kill, pid)
            select.select([self._wake], [], [], RECHECK_MS / 1e3)
        try:
            atexit._run_exitfuncs()  # what the imports registered (temporary folders): here, once
        except BaseException:
            traceback.print_exc()
        child.flush_all(self._files)
        os._exit(0)


def _boot_time() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _guard_own_lease(control: Lines, lease_end: float) -> None:
    """In an interpreter that is one task's alone: nobody else could end it. A thread of its own."""

    def guard() -> None:
        end = lease_end
        while (left := end - _boot_time()) > 0:
            wait = min(LEASE_CHECK_MS / 1e3, left)
            if not select.select([control.sock], [], [], wait)[0]:
                continue
            lines = control.read()
            if lines is None:
                return  # the worker is gone, and with it this process
            end = next((line["lease_end"] for line in lines[::-1] if "lease_end" in line), end)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=guard, name="headrace lease", daemon=True).start()


def _how_it_ended(status: int) -> dict[str, Any]:
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status), "core": os.WCOREDUMP(status)}
    return {"code": os.WEXITSTATUS(status)}


def _child_pids() -> list[int]:
    """Of this process, whose only Python thread is the main one."""
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return [int(pid) for pid in file.read().split()]


def _kill(how: Any, pid: int) -> bool:
    """False when there is nobody to kill."""
    try:
        how(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    except PermissionError:  # it has become another user's
        return True
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="headrace.host")
    parser.add_argument("--fd", type=int, required=True, help="the control socket")
    parser.add_argument("--path", action="append", default=[], help="in front of sys.path")
    parser.add_argument("--module", action="append", default=[], help="what to import")
    parser.add_argument("--log-level", default="INFO")
    parser.add_argument("--logging-conf-file")
    options = parser.parse_args(arguments)

    control = Lines(socket.socket(fileno=options.fd))
    os.set_inheritable(options.fd, False)
    try:
        ready = import_modules(options.path, options.module)
        runner = Runner(options.log_level, options.logging_conf_file)
    except BaseException as ex:
        files = file_stamps(options.module) if "luigi" in sys.modules else []
        error = describe_error("import", ex)
        control.send({"ev": "import_error", "error": error, "files": files})
        sys.exit(EXIT_IMPORT_FAILED)
    zygote = Zygote(control, runner, set(ready["families"]))
    zygote.prepare()
    control.send(ready)
    zygote.serve()
