"""Watches every task that a Python runs: does another process run the same task just now?

A folder of this on PYTHONPATH and $TASK_WITNESS (a folder) are all it takes, under stock Luigi as
under headrace; the tasks know nothing of it. A running task holds a POSIX lock on a file of its
own, which the kernel gives back when the process dies, however it dies: so who cannot have the
lock has found the task running twice. The file `log` gets a line for each event: `start`, `end` or
`twice`, the task's id, the attempt (`luigi` under stock Luigi) and the process.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

_held: dict[str, int] = {}  # task id -> file that is locked for it


def _note(event: str, task: Any) -> None:
    attempt = os.environ.get("HEADRACE_ATTEMPT", "luigi")
    log = os.open(Path(os.environ["TASK_WITNESS"], "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(log, f"{event} {task.task_id} {attempt} {os.getpid()}\n".encode())
    os.close(log)


def _started(task: Any) -> None:
    lock = os.open(Path(os.environ["TASK_WITNESS"], task.task_id), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        _note("twice", task)
    _held[task.task_id] = lock
    _note("start", task)


def _ended(task: Any, *_: object) -> None:
    _note("end", task)
    os.close(_held.pop(task.task_id))


def _watch() -> None:
    import luigi
    from luigi.event import Event

    luigi.Task.event_handler(Event.START)(_started)
    luigi.Task.event_handler(Event.SUCCESS)(_ended)
    luigi.Task.event_handler(Event.FAILURE)(_ended)


if "TASK_WITNESS" in os.environ:
    _watch()
