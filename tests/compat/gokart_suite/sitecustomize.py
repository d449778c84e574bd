"""On PYTHONPATH with HEADRACE_SUITE_URL set, every luigi.scheduler.Scheduler() of a process, and of
the processes it starts, becomes RemoteScheduler(that URL): a suite that says local_scheduler=True
runs through a central scheduler with its own files unchanged.

Nothing is imported before the suite imports luigi. HEADRACE_SUITE_LOG gets a line per call: the
test, the method, and whether it was answered.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Callable
from typing import Any

URL = os.environ.get("HEADRACE_SUITE_URL")
LOG = os.environ.get("HEADRACE_SUITE_LOG")


def patch_scheduler(module: Any) -> None:
    real = module.Scheduler

    class Scheduler(real):
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            import luigi.rpc

            return luigi.rpc.RemoteScheduler(URL)

    Scheduler.__name__ = Scheduler.__qualname__ = "Scheduler"
    module.Scheduler = Scheduler


def patch_rpc(module: Any) -> None:
    real = module.RemoteScheduler._request

    def _request(self: Any, url: str, data: Any, **kwargs: Any) -> Any:
        outcome = "error"
        try:
            answer = real(self, url, data, **kwargs)
            outcome = "ok"
            return answer
        finally:
            if LOG:
                test = os.environ.get("PYTEST_CURRENT_TEST", "-").rsplit(" (", 1)[0]
                with open(LOG, "a") as file:
                    file.write(f"{test}\t{url.rsplit('/', 1)[1]}\t{outcome}\n")

    module.RemoteScheduler._request = _request


HOOKS: dict[str, Callable[[Any], None]] = {
    "luigi.scheduler": patch_scheduler,
    "luigi.rpc": patch_rpc,
}


class Finder(importlib.abc.MetaPathFinder):
    busy = False

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name not in HOOKS or self.busy:
            return None
        self.busy = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self.busy = False
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            run(module)
            HOOKS[name](module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if URL:
    sys.meta_path.insert(0, Finder())
