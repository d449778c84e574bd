"""Schedulers as processes: ours and, as the yardstick, luigid. Both answer Luigi's /api."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("HEADRACE_BINARY", ROOT / "build/release/src/cli/headrace"))

# What scripts/setup --test makes: one environment for each Luigi that we say we work with.
PYTHONS = {
    "3.8.1": ROOT / "build/venv/bin/python",
    "3.7.3": ROOT / "build/venv-luigi373/bin/python",
}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A scheduler on a port and a folder of its own; may be killed and started again."""

    def __init__(self, folder: Path, luigi_cfg: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        (folder / "luigi.cfg").write_text(luigi_cfg)
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        environment = {**os.environ, "LUIGI_CONFIG_PATH": str(self.folder / "luigi.cfg")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(f"answer of {self.command()[0]}", self._answers)

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log.read_text(errors="replace")
        try:
            self.call("task_list", status="", upstream_status="")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(with_signal)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise

    def call(self, method: str, **arguments: Any) -> Any:
        """What /api/METHOD answers."""
        form = urllib.parse.urlencode({"data": json.dumps(arguments)}).encode()
        with urllib.request.urlopen(f"{self.url}/api/{method}", form, timeout=30) as answer:
            return json.load(answer)["response"]

    def tasks(self, status: str) -> dict[str, dict[str, Any]]:
        """The tasks of that status, as Luigi's own page sees them."""
        return self.call("task_list", status=status, upstream_status="")

    def statuses(self) -> dict[str, str]:
        """Task family → status; for pipelines with one task a family."""
        found = self.call("task_list", status="", upstream_status="")
        return {task["name"]: task["status"] for task in found.values()}


class Luigid(Server):
    def command(self) -> list[str]:
        luigid = PYTHONS["3.8.1"].with_name("luigid")
        state = self.folder / "luigi.pickle"
        where = ["--address", "127.0.0.1", "--port", str(self.port)]
        return [str(luigid), *where, "--state-path", str(state), "--logdir", str(self.folder)]


class Headrace(Server):
    def command(self) -> list[str]:
        config = self.folder / "headrace.toml"
        if not config.exists():
            config.write_text(
                f'[scheduler]\nlisten = "127.0.0.1:{self.port}"\nstore = "sqlite://{self.folder}"\n'
            )
        return [str(BINARY), "scheduler", "--config", str(config)]
