"""Imports the user's module, once, and finds out what that did to this process.

The findings decide whether forking is safe, when this interpreter is outdated, and which tasks can
be run from their names. They are the `ready` line of the protocol.
"""

from __future__ import annotations

import datetime as dt
import importlib
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

NEAR_DAYS = 2  # a default this near to the import's date is taken for today() at import
NEAR_SECONDS = 7200


def import_modules(paths: Sequence[str], modules: Sequence[str]) -> dict[str, Any]:
    """Imports them all and returns the findings. Whatever the imports raise passes through."""
    started = dt.datetime.now()
    fds_before = _open_fds()
    sys.path[:0] = [os.path.abspath(path) for path in paths]
    import luigi
    import luigi.execution_summary
    import luigi.interface
    import luigi.worker

    sys.argv = ["luigi"]
    times = {}
    for module in modules:
        before = time.perf_counter()
        importlib.import_module(module)
        times[module] = round((time.perf_counter() - before) * 1e3)
    families, ambiguous = _families()
    now_defaults = _now_defaults(started)
    threads = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    fds = [found for fd in sorted(_open_fds() - fds_before) if (found := _describe_fd(fd))]
    return {
        "ev": "ready",
        "pid": os.getpid(),
        "python": sys.version.split()[0],
        "luigi": getattr(luigi, "__version__", "?"),
        "import_ms": times,
        "families": families,
        "ambiguous": ambiguous,
        "threads": threads,
        "native_threads": len(os.listdir("/proc/self/task")) - threading.active_count(),
        "open_fds": [[fd, what] for fd, what, _ in fds],
        "fork_unsafe": _fork_unsafe(", ".join(modules), threads, fds),
        "now_defaults": now_defaults,
        "unscoped_namespace": _unscoped_namespace(),
        "event_handlers": sorted(_event_handlers()),
        "files": file_stamps(modules),
        "valid_until": int(_valid_until(bool(now_defaults)) * 1e3),
        "rss_kb": _rss_kb(),
    }


def _open_fds() -> set[int]:
    """Without the one that listdir itself has open."""
    fds = {int(fd) for fd in os.listdir("/proc/self/fd")}
    return {fd for fd in fds if os.path.exists(f"/proc/self/fd/{fd}")}


def _describe_fd(fd: int) -> tuple[int, str, bool] | None:
    """(fd, what it is, whether two forks that use it would disturb each other)."""
    try:
        what = os.readlink(f"/proc/self/fd/{fd}")
        shared_badly = "eventpoll" in what
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            with socket.socket(fileno=os.dup(fd)) as sock:
                # Datagrams (syslog, statsd) are whole whoever sends them; a stream is not.
                shared_badly = sock.type != socket.SOCK_DGRAM
    except OSError:
        return None
    return None if what.startswith("/proc") else (fd, what, shared_badly)


def _fork_unsafe(modules: str, threads: list[str], fds: list[tuple[int, str, bool]]) -> str:
    reasons = []
    if threads:
        reasons.append(
            f"importing {modules} starts threads ({', '.join(threads)}), which a forked task does"
            " not have, while locks they hold stay held"
        )
    shared = [what for _, what, bad in fds if bad]
    if shared:
        reasons.append(
            f"importing {modules} opens connections ({', '.join(shared)}), which forked tasks"
            " would share"
        )
    return "; ".join(reasons)


def _families() -> tuple[dict[str, str], list[str]]:
    """{family: module of its class}, and the families that two classes claim."""
    from luigi.task_register import Register

    families, ambiguous = {}, []
    for family, cls in Register._get_reg().items():
        if cls is Register.AMBIGUOUS_CLASS:
            ambiguous.append(family)
        else:
            families[family] = cls.__module__
    return families, ambiguous


def _now_defaults(started: dt.datetime) -> list[list[str]]:
    """Parameters whose default looks like today() or now(), called while importing."""
    from luigi.task_register import Register

    utc = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    nows = (started, dt.datetime.now(), utc)

    def looks_like_now(value: Any) -> bool:
        if isinstance(value, dt.datetime):
            naive = value.replace(tzinfo=None)
            return any(abs((naive - now).total_seconds()) < NEAR_SECONDS for now in nows)
        return isinstance(value, dt.date) and abs((value - started.date()).days) <= NEAR_DAYS

    found = []
    for family, cls in Register._get_reg().items():
        if cls is Register.AMBIGUOUS_CLASS:
            continue
        for name, parameter in cls.get_params():
            default = getattr(parameter, "_default", None)
            if looks_like_now(default):
                found.append([family, name, str(default)])
    return found


def _unscoped_namespace() -> str | None:
    from luigi.task_register import Register

    return Register._default_namespace_dict.get("") or None


def _event_handlers() -> set[str]:
    import luigi

    by_class = luigi.Task._event_callbacks.values()
    return {event for events in by_class for event, handlers in events.items() if handlers}


def _valid_until(hourly: bool) -> float:
    """The next local or UTC midnight; the next full hour if defaults look like the time."""
    now = time.time()
    local = dt.datetime.now()
    tomorrow = dt.datetime.combine(local.date() + dt.timedelta(days=1), dt.time())
    ends = [tomorrow.timestamp(), now - now % 86400 + 86400]
    if hourly:
        ends += [now - now % 3600 + 3600, now + 3600 - local.minute * 60 - local.second]
    return min(ends)


def _rss_kb() -> int:
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def file_stamps(modules: Sequence[str]) -> list[list[Any]]:
    """[path, mtime in ns, size] of the user's sources and of Luigi's configuration files; -1, -1
    for one that does not exist (and would be read if it did)."""
    return [_stamp(path) for path in sorted({*_sources(modules), *_configuration_files()})]


def _sources(modules: Sequence[str]) -> Iterable[str]:
    """Files of modules that are the user's: outside the installation, or in the package asked for
    (which may be installed as a wheel)."""
    packages = {module.split(".")[0] for module in modules}
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = tuple(
        os.path.realpath(path) + os.sep
        for path in {os.path.dirname(os.__file__), sys.prefix, sys.base_prefix, ours}
        if path
    )
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if not path:
            continue
        path = os.path.realpath(path)
        if name.split(".")[0] in packages or not path.startswith(installed):
            yield path


def _configuration_files() -> Iterable[str]:
    from luigi.configuration import LuigiConfigParser, LuigiTomlParser

    for parser in (LuigiConfigParser, LuigiTomlParser):
        for path in getattr(parser, "_config_paths", ()):
            yield os.path.abspath(os.path.expanduser(path))


def _stamp(path: str) -> list[Any]:
    try:
        found = os.stat(path)
    except OSError:
        return [path, -1, -1]
    return [path, found.st_mtime_ns, found.st_size]
