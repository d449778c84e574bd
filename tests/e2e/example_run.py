"""The example under headrace: in one process with `up --once`, or with its roles apart."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ctr_example import EXAMPLE, TIME_MAX_S, Run, environment
from headrace_system import BINARY, PYTHON, System, await_that, free_port

RUNS = 168 + 7 + 1  # hours, days, the week


def arguments(folder: Path, settings: dict[str, str] | None = None) -> list[str]:
    """The options that put the example's state and logs into `folder`."""
    all_settings = {
        "host.python": PYTHON,
        "logs.dir": f"{folder}/logs",
        "scheduler.store": f"sqlite://{folder}/store",
        **(settings or {}),
    }
    options = ["--config", str(EXAMPLE / "headrace.toml")]
    for key, value in all_settings.items():
        options += ["--set", f"{key}={value}"]
    return options


def run_once(data: Path, folder: Path, settings: dict[str, str] | None = None) -> Run:
    """`headrace up --once` on a port and in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "out"
    listen = f"127.0.0.1:{free_port()}"
    done = subprocess.run(
        [BINARY, "up", "--once", "--quiet", "--listen", listen, *arguments(folder, settings)],
        check=False,
        cwd=EXAMPLE,
        env=environment(data, out),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIME_MAX_S,
    )
    return Run(out, done.stdout, done.returncode)


class ExampleSystem(System):
    """The example with its roles apart, each a process that a test may kill."""

    def __init__(self, data: Path, folder: Path, settings: dict[str, str] | None = None) -> None:
        super().__init__(folder)
        self.data = data
        self.settings = settings or {}

    def command(self, role: str) -> list[str]:
        listen = self.url.removeprefix("http://")
        own = ["--listen", listen] if role in ("up", "scheduler") else ["--url", self.url]
        return [BINARY, role, *own, *arguments(self.folder, self.settings)]

    def environment(self) -> dict[str, str]:
        return environment(self.data, self.out)

    def directory(self) -> Path:
        return EXAMPLE

    def all_items(self, path: str) -> list[dict[str, Any]]:
        """A whole list of /v1, over all its pages."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(f"{path}?limit=1000{cursor}")
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = f"&cursor={page['next']}"

    def await_the_end(self) -> None:
        """Until every interval has its run and every run is done."""

        def over() -> bool:
            overview = self.get("/v1/overview")
            runs = {state: count for state, count in overview["runs"].items() if count}
            assert "failed" not in runs, self.dump()
            return overview["due_runs"] == 0 and runs == {"done": RUNS}

        try:
            await_that("the example's runs are done", over)
        except TimeoutError as late:
            raise AssertionError(f"{late}: {self.dump()}") from late

    def dump(self) -> str:
        """What is not over yet: for a test's complaint."""
        open_runs = [r for r in self.all_items("/v1/runs") if r["state"] != "done"]
        open_tasks = [t for t in self.all_items("/v1/tasks") if t["status"] != "DONE"]
        return json.dumps({"runs": open_runs[:5], "tasks": open_tasks[:5]}, indent=1)


@contextlib.contextmanager
def example(data: Path, folder: Path, *roles: str) -> Iterator[ExampleSystem]:
    system = ExampleSystem(data, folder)
    try:
        for role in roles:
            system.start(role)
        yield system
    finally:
        system.stop()
