"""What a forked process does before and after its work, so that it is as good as a fresh one.

before: becomes its own session and group, dies with the zygote, keeps its own daemons below it,
        drops handlers and clean-up work that belong to the zygote, takes its descriptors
after:  ends as multiprocessing's children do, plus what the task itself has registered
"""

from __future__ import annotations

import _signal
import atexit
import contextlib
import ctypes
import gc
import io
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
import weakref
from typing import Any, TextIO

PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36
OOM_SCORE = b"500"  # when memory runs out the task goes first, not the zygote or the worker
EXIT_BROKEN = 70  # our own code raised: no result was sent

_prctl = ctypes.CDLL(None, use_errno=True).prctl
DEFAULT_SIGNALS = tuple(
    int(number)
    for number in (
        signal.SIGCHLD,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGUSR1,
        signal.SIGUSR2,
    )
)


def adopt_orphans() -> None:
    """From now on daemons of ended children become children of this process."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def set_process_name(name: str) -> None:
    _prctl(PR_SET_NAME, name.encode("utf-8", "replace")[:15], 0, 0, 0)


def open_files() -> list[TextIO]:
    """Files that are open for writing now: what they hold must not be written twice, nor lost."""
    kinds = (io.TextIOWrapper, io.BufferedWriter)
    return [f for f in gc.get_objects() if isinstance(f, kinds) and not f.closed and f.writable()]


def flush_all(files: list[TextIO]) -> None:
    for file in (sys.stdout, sys.stderr, *files):
        # closed, or a pipe nobody reads
        with contextlib.suppress(OSError, ValueError, AttributeError):
            file.flush()


def become_independent(request: dict[str, Any], name: str, parent: int) -> None:
    """`parent`: the process whose death must end this one."""
    if os.getsid(0) != os.getpid():
        os.setsid()
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(EXIT_BROKEN)
    adopt_orphans()
    set_process_name(name)
    signal.set_wakeup_fd(-1)
    # `_signal`, `os.open`: their dressed-up kin touch 70 more pages, and each is copied now.
    for number in DEFAULT_SIGNALS:
        _signal.signal(number, _signal.SIG_DFL)
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
    with contextlib.suppress(OSError):
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
        os.write(fd, OOM_SCORE)
        os.close(fd)
    environment = request.get("env")
    if environment:
        os.environ.update(environment)
        if "TZ" in environment:
            time.tzset()
    for what, (soft, hard) in (request.get("limits") or {}).items():
        resource.setrlimit(getattr(resource, what), (int(soft), int(hard)))


def forget_parent() -> None:
    """After a fork: randomness of one's own; clean-up that imports registered stays behind."""
    # `random` reseeds itself at a fork; numpy's global generator and uuid1's fallback clock do not.
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "uuid" in sys.modules:
        sys.modules["uuid"]._last_timestamp = None
    for finalizer in list(weakref.finalize._registry):
        finalizer.atexit = False
    weakref.finalize._registered_with_atexit = False
    atexit._clear()
    if "multiprocessing.util" in sys.modules:
        sys.modules["multiprocessing.util"]._finalizer_registry.clear()


def take_streams(stdout: int, stderr: int) -> None:
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.close(stdout)
    os.close(stderr)
    sys.stdout.reconfigure(line_buffering=True)


def take_socket(fd: int) -> socket.socket:
    return socket.socket(fileno=fd)


def finish(code: int, files: list[TextIO]) -> None:
    """Ends the process: waits for threads that are not daemons, runs exit handlers, flushes."""
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        if "multiprocessing.util" in sys.modules:
            sys.modules["multiprocessing.util"]._exit_function()
        logging.shutdown()
    except BaseException:
        traceback.print_exc()
        code = code or EXIT_BROKEN
    flush_all(files)
    os._exit(code)
