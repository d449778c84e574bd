"""A headrace of a test's own: started from the binary, asked over HTTP, killed when it is over."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("HEADRACE_BINARY", str(ROOT / "build/release/src/cli/headrace"))
PYTHON = os.environ.get("HEADRACE_TEST_PYTHON", str(ROOT / "build/venv/bin/python"))
PIPELINES = Path(__file__).parent / "worker_pipelines"
WAIT_MAX_S = 120


def await_that(what: str, condition: Callable[[], Any]) -> Any:
    """The first true answer of `condition`."""
    end = time.monotonic() + WAIT_MAX_S
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(0.03)
    raise TimeoutError(f"{what}: not within {WAIT_MAX_S} s")


def is_alive(pid: int) -> bool:
    """Zombies are not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class System:
    """`headrace up`, or its roles apart, in `folder`."""

    def __init__(self, folder: Path, settings: dict[str, dict[str, Any]] | None = None) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.out.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{free_port()}"
        self.config = folder / "headrace.toml"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._write_config(settings or {})

    def _write_config(self, settings: dict[str, dict[str, Any]]) -> None:
        tables: dict[str, dict[str, Any]] = {
            "scheduler": {
                "listen": self.url.removeprefix("http://"),
                "store": f"sqlite://{self.folder}/state",
                "durability": "os",
            },
            "host": {"python": PYTHON, "path": [str(PIPELINES)]},
            "logs": {"dir": str(self.folder / "logs")},
            "worker": {"slots": 2, "kill_grace": "1s"},
        }
        for table, keys in settings.items():
            tables.setdefault(table, {}).update(keys)
        lines = []
        for table, keys in tables.items():
            lines.append(f"[{table}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        self.config.write_text("\n".join(lines) + "\n")

    def command(self, role: str) -> list[str]:
        return [BINARY, role, "--config", str(self.config)]

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def directory(self) -> Path:
        """Where the processes start."""
        return self.folder

    def start(self, role: str = "up") -> subprocess.Popen[bytes]:
        """Starts a role, and waits until the scheduler answers."""
        number = len(self.processes)
        with (self.folder / f"{role}-{number}.log").open("wb") as log:
            process = subprocess.Popen(
                self.command(role),
                cwd=self.directory(),
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        if role in ("up", "scheduler"):
            await_that("the scheduler answers", lambda: self._answers(process))
        return process

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"headrace has ended with {process.returncode}: {self.texts()}")
        with contextlib.suppress(OSError):
            return bool(self.get("/v1/health"))
        return False

    def texts(self) -> str:
        """What the processes printed."""
        return "\n".join(log.read_text(errors="replace") for log in self.folder.glob("*.log"))

    def stop(self) -> None:
        """Ends what was started; kills what does not end by itself."""
        for process in reversed(self.processes):
            for _ in range(2):
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def call(self, method: str, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def get(self, path: str) -> Any:
        return json.loads(self.call("GET", path))

    def post(self, path: str, body: Any) -> Any:
        return json.loads(self.call("POST", path, body))

    def run(self, family: str, module: str = "bad_tasks", **params: str) -> int:
        """Starts an ad-hoc run. The tasks of bad_tasks get their `out`."""
        body = {"module": module, "family": family, "params": {"out": str(self.out), **params}}
        return self.post("/v1/runs", body)["run"]

    def root(self, run: int) -> str:
        """The task id of a run's root, once it is planned."""

        def planned() -> str | None:
            shown = self.get(f"/v1/runs/{run}")
            assert shown["root"] or shown["state"] != "failed", shown
            return shown["root"]

        return await_that(f"run {run} is planned", planned)

    def attempts(self, task: str) -> list[dict[str, Any]]:
        """Oldest first."""
        return self.get(f"/v1/tasks/{quote(task, safe='')}/attempts")["items"][::-1]

    def await_attempt(self, run: int, number: int = 1) -> dict[str, Any]:
        """The root's attempt of that number, when it has ended."""
        task = self.root(run)

        def ended() -> dict[str, Any] | None:
            attempts = self.attempts(task)
            if len(attempts) < number or attempts[number - 1]["outcome"] is None:
                return None
            return attempts[number - 1]

        return await_that(f"attempt {number} of {task} ends", ended)

    def status(self, task: str) -> str:
        return self.get(f"/v1/tasks/{quote(task, safe='')}")["status"]

    def await_status(self, task: str, status: str) -> None:
        await_that(f"{task} is {status}", lambda: self.status(task) == status)

    def log(self, attempt: dict[str, Any], stream: str = "all") -> str:
        path = f"/v1/attempts/{attempt['attempt']}/log?stream={stream}&limit=1048576&offset="
        text = b""
        while part := self.call("GET", path + str(len(text))):
            text += part
        return text.decode(errors="replace")  # as the task wrote it

    def file(self, name: str) -> str:
        """What a task has written to `out`, waited for."""
        path = self.out / name
        await_that(f"{path} is there", path.exists)
        return path.read_text()


@contextlib.contextmanager
def running(
    folder: Path,
    settings: dict[str, dict[str, Any]] | None = None,
    roles: tuple[str, ...] = ("up",),
) -> Iterator[System]:
    system = System(folder, settings)
    try:
        for role in roles:
            system.start(role)
        yield system
    finally:
        system.stop()
