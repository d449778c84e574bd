"""pytest plugin for Luigi's own tests: each Scheduler() that they make is a `headrace scheduler`.

A server starts when its Scheduler is called first (most tests that make one never call it), and
luigi.server.run() becomes a server of ours as well. The clock is the tests' own: each call carries
X-Luigi-Test-Now, what time.time() says in the test's process. Every pytest process has default
ports of its own, so that several run side by side.

HEADRACE_BINARY names the program; HEADRACE_SUITE_FOLDER is where servers keep their state.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing.process
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from pathlib import Path
from typing import Any

BINARY = os.environ["HEADRACE_BINARY"]
FOLDER = Path(os.environ["HEADRACE_SUITE_FOLDER"])
real_time, real_sleep = time.time, time.sleep


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


PORTS = {8082: free_port(), 8083: free_port()}


def own_configuration() -> str:
    """Luigi's test configuration with this process's default port. The source archive lacks it."""
    handle, name = tempfile.mkstemp(suffix=".cfg", dir=FOLDER)
    with os.fdopen(handle, "w") as file:
        file.write(
            f"[core]\nlogging_conf_file: test/testconfig/logging.cfg\n"
            f"default-scheduler-port: {PORTS[8082]}\n"
        )
    return name


os.environ["LUIGI_CONFIG_PATH"] = own_configuration()

import luigi  # noqa: E402
import luigi.cmdline  # noqa: E402
import luigi.interface  # noqa: E402
import luigi.rpc  # noqa: E402
import luigi.scheduler  # noqa: E402
import luigi.server  # noqa: E402  before the patches: its tests want Luigi's own scheduler
import luigi.worker  # noqa: E402
from luigi import configuration  # noqa: E402

real_run = luigi.server.run
luigi.rpc.RemoteScheduler.__init__.__defaults__ = tuple(
    value.replace("8082", str(PORTS[8082])) if isinstance(value, str) else value
    for value in luigi.rpc.RemoteScheduler.__init__.__defaults__
)


def command(folder: Path, port: int, settings: Any, resources: dict[str, int]) -> list[str]:
    """Writes luigi.cfg for a server and says how to start it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["[scheduler]"]
    for name, parameter in settings.get_params():
        value = getattr(settings, name)
        if value is not None and name not in ("state_path", "metrics_custom_import"):
            lines.append(f"{name} = {parameter.serialize(value)}")
    lines += ["[resources]", *(f"{name} = {total}" for name, total in resources.items())]
    (folder / "luigi.cfg").write_text("\n".join(lines) + "\n")
    return [
        *("env", "-C", str(folder), "-u", "LUIGI_CONFIG_PATH", BINARY, "scheduler"),
        *("--listen", f"127.0.0.1:{port}", "--store", f"sqlite://{folder}"),
        *("--set", "scheduler.durability=os", "--luigi-test-clock"),
    ]


def folder_of(settings: Any) -> Path:
    """The state's: tests that restart a scheduler give both the same state_path."""
    path = settings.state_path
    if not path or path.startswith("/var/lib/luigi-server"):
        return Path(tempfile.mkdtemp(prefix="server-", dir=FOLDER))
    return Path(path + ".headrace")


def log_file() -> Any:
    return (FOLDER / "servers.log").open("ab")


def run(
    api_port: int = 8082, address: Any = None, unix_socket: Any = None, scheduler: Any = None
) -> None:
    """luigi.server.run, but the process becomes a server of ours."""
    if unix_socket is not None or scheduler is not None:
        return real_run(api_port, address, unix_socket, scheduler)
    settings = luigi.scheduler.scheduler()
    resources = configuration.get_config().getintdict("resources")
    words = command(folder_of(settings), PORTS.get(api_port, api_port), settings, resources)
    log = log_file()
    os.dup2(log.fileno(), 1)
    os.dup2(1, 2)
    os.execvp(words[0], words)


class RpcMethods:
    """Luigi's client stubs over _request(), as RemoteScheduler has them."""


for name, method in luigi.scheduler.RPC_METHODS.items():
    setattr(RpcMethods, name, method)


def is_alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def end(process: int, folder: Path, owner: int) -> None:
    if os.getpid() != owner:
        return
    with contextlib.suppress(OSError):
        os.kill(process, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


LIVE: weakref.WeakSet[Any] = weakref.WeakSet()


class HttpScheduler(RpcMethods):
    def __init__(
        self,
        config: Any = None,
        resources: Any = None,
        task_history_impl: Any = None,
        **settings: Any,
    ) -> None:
        if task_history_impl is not None:
            raise NotImplementedError("an object cannot cross a process boundary")
        self._config = config or luigi.scheduler.scheduler(**settings)
        self._resources = resources or configuration.get_config().getintdict("resources")
        self._folder = folder_of(self._config)
        self._url = self._session = self._owner = self._end = None
        LIVE.add(self)

    def _start(self) -> None:
        if self._url:
            return
        port = free_port()
        words = command(self._folder, port, self._config, self._resources)
        # Not a child of this process: some tests count their children.
        script = '"$@" </dev/null >>"$LOG" 2>&1 & echo $!'
        started = subprocess.run(
            ["sh", "-c", script, "sh", *words],
            stdout=subprocess.PIPE,
            check=True,
            env={**os.environ, "LOG": str(FOLDER / "servers.log")},
        )
        process = int(started.stdout)
        self._end = weakref.finalize(self, end, process, self._folder, os.getpid())
        wait_for_port(port, process)
        self._url = f"http://127.0.0.1:{port}"

    def _stop(self) -> None:
        if self._url and self._end:
            self._end()
            self._url = None

    def __getstate__(self) -> dict[str, Any]:
        self._start()
        return {"_url": self._url, "_session": None, "_owner": None, "_end": None}

    def _request(self, url: str, data: Any, attempts: int = 3, allow_null: bool = True) -> Any:
        import requests

        self._start()
        if self._owner != os.getpid():
            self._session = requests.Session()
            self._session.trust_env = False
            self._owner = os.getpid()
        answer = self._session.post(
            self._url + url,
            data={"data": json.dumps(data)},
            timeout=20,
            headers={"X-Luigi-Test-Now": repr(float(time.time()))},
        )
        if answer.status_code >= 400:
            raise luigi.rpc.RPCError(f"HTTP {answer.status_code} {answer.reason} from {url}")
        return answer.json()["response"]


def wait_for_port(port: int, process: int | None = None, seconds: float = 30) -> None:
    until = real_time() + seconds
    while real_time() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process is not None and not is_alive(process):
                raise RuntimeError("a server ended at once; see servers.log") from None
            real_sleep(0.002)
    if process is not None:
        raise RuntimeError("a server does not listen; see servers.log")


real_start = multiprocessing.process.BaseProcess.start


def start(self: Any) -> None:
    """Luigi's server tests give a server in a child 0.1 s: wait until it listens."""
    target = self._target
    port = PORTS[8082] if target is run else getattr(getattr(target, "__self__", None), "port", 0)
    real_start(self)
    if isinstance(port, int) and port:
        wait_for_port(port)


def start_servers_before_fork() -> None:
    for scheduler in list(LIVE):
        scheduler._start()


luigi.scheduler.Scheduler = luigi.worker.Scheduler = HttpScheduler
luigi.server.run = run
multiprocessing.process.BaseProcess.start = start
os.register_at_fork(before=start_servers_before_fork)


def pytest_runtest_logfinish(nodeid: str, location: Any) -> None:
    for scheduler in list(LIVE):
        scheduler._stop()


def pytest_runtest_setup(item: Any) -> None:
    # A server that is gone must not cost a test a minute.
    configuration.get_config().set("core", "rpc_retry_wait", "1")


def pytest_collection_modifyitems(items: Any) -> None:
    server_test = sys.modules.get("server_test")
    if server_test is None:
        return

    def use_own_port(self: Any) -> None:
        self.port = PORTS[8083]

    server_test.INETServerClient.__init__ = use_own_port
