"""Runs one task in this process, as Luigi's own worker would, and reports on a socket.

Luigi's TaskProcess does the work: dependency check, events, on_success/on_failure, generators,
task_process_context. It gets one object of ours as result queue and as status reporter.
"""

from __future__ import annotations

import inspect
import queue
import select
import sys
import threading
from typing import Any

from headrace.host.errors import TEXT_MAX, cap, describe_error
from headrace.host.lines import Lines, encode


class Reporter:
    """Stands in for Luigi's TaskStatusReporter, its result queue and its scheduler of messages."""

    def __init__(self, lines: Lines, accepts_messages: bool) -> None:
        self.lines = lines
        self.result: tuple | None = None
        self.scheduler_messages = MessageQueue(self) if accepts_messages else None
        self._lock = threading.Lock()  # a task may report from threads

    def say(self, **message: Any) -> None:
        try:
            with self._lock:
                self.lines.send(message)
        except OSError:  # nobody listens any more: not the task's fault
            pass

    def update_tracking_url(self, url: str) -> None:
        self.say(ev="tracking_url", url=url)

    def update_status_message(self, message: str) -> None:
        self.say(ev="status", message=message)

    def update_progress_percentage(self, percentage: float) -> None:
        self.say(ev="progress", percentage=percentage)

    def decrease_running_resources(self, resources: dict[str, float]) -> None:
        self.say(ev="decrease_resources", resources=resources)

    def report_task_statistics(self, statistics: Any) -> None:
        self.say(ev="statistics", statistics=statistics)

    def add_scheduler_message_response(self, task_id: str, message_id: str, response: Any) -> None:
        self.say(ev="message_response", id=message_id, response=str(response))

    def put(self, result: tuple) -> None:
        self.result = result


class MessageQueue:
    """Messages for the task. Reads the socket when the task looks, so it needs no thread."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._messages: list[Any] = []

    def empty(self) -> bool:
        if not self._messages:
            self._receive(0)
        return not self._messages

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if not self._messages:
            self._receive(timeout if block else 0)
        if not self._messages:
            raise queue.Empty
        return self._messages.pop(0)

    def _receive(self, timeout: float | None) -> None:
        from luigi.worker import SchedulerMessage

        lines = self._reporter.lines
        if select.select([lines.sock], [], [], timeout)[0]:
            for message in lines.read() or []:
                self._messages.append(
                    SchedulerMessage(self._reporter, None, message["id"], message["content"])
                )


class Runner:
    """What every task would set up again, done once in the zygote (2 ms a task): Luigi's logging,
    its [worker] settings, and TaskProcess's signature, which has grown over the versions."""

    def __init__(self, log_level: str, logging_conf_file: str | None) -> None:
        import luigi.worker
        from luigi.setup_logging import InterfaceLogging
        from luigi.task_register import load_task

        options = {
            "background": None,
            "logdir": None,
            "logging_conf_file": logging_conf_file,
            "log_level": log_level,
        }
        InterfaceLogging.setup(type("Options", (), options))
        settings = luigi.worker.worker()
        wished = {
            "use_multiprocessing": False,
            "worker_timeout": 0,
            "check_unfulfilled_deps": settings.check_unfulfilled_deps,
            "check_complete_on_run": settings.check_complete_on_run,
        }
        known = inspect.signature(luigi.worker.TaskProcess.__init__).parameters
        self._options = {name: value for name, value in wished.items() if name in known}
        self._context = getattr(settings, "task_process_context", None)
        self._load_task = load_task

        class Process(luigi.worker.ContextManagedTaskProcess):
            error: dict[str, Any] | None = None

            def _handle_run_exception(self, ex: BaseException) -> Any:
                self.error = describe_error("run", ex)
                return super()._handle_run_exception(ex)

        self._process = Process

    def run(self, request: dict[str, Any], lines: Lines) -> None:
        """Ends with one `result` or `summary` line, whatever the task does short of dying."""
        try:
            task = self._load_task(request["module"], request["family"], request["params"])
        except BaseException as ex:
            lines.send({"ev": "result", "status": "FAILED", "error": describe_error("load", ex)})
            return
        lines.send({"ev": "loaded", "id": task.task_id})
        if request.get("unit") == "pipeline":
            run_pipeline(task, request, lines)
        else:
            self._run_task(task, request, lines)

    def _run_task(self, task: Any, request: dict[str, Any], lines: Lines) -> None:
        reporter = Reporter(lines, task.accepts_messages)
        options = dict(self._options)
        if request.get("check_deps") is False:
            options["check_unfulfilled_deps"] = False
        worker = request.get("worker", "headrace")
        process = self._process(self._context, task, worker, reporter, reporter, **options)
        process.use_multiprocessing = False  # a worker_timeout sets it; no second seeding is needed
        error = None
        try:
            process.run()
        except BaseException as ex:  # KeyboardInterrupt passes through Luigi; or the context raised
            error = describe_error("run", ex)
        outcome = self._outcome(reporter.result, error or process.error)
        sys.stdout.flush()
        sys.stderr.flush()
        lines.send(outcome)

    def _outcome(self, result: tuple | None, error: dict[str, Any] | None) -> dict[str, Any]:
        _, status, expl, missing, new_deps = result or (None, None, None, [], None)
        dependencies = []
        for module, family, params in new_deps or []:
            try:
                dependency = self._load_task(module, family, params)
            except BaseException as ex:
                error = describe_error("dynamic dependency", ex)
                break
            dependencies.append(
                {"module": module, "family": family, "params": params, "id": dependency.task_id}
            )
        outcome = {
            "ev": "result",
            "status": "FAILED" if error or not status else status,
            "expl": presentable(expl),
            "missing": list(missing or []),
            "new_deps": dependencies,
        }
        if error:
            outcome["error"] = error
        return outcome


def presentable(expl: Any) -> Any:
    """What on_success() or on_failure() returned, as JSON of a bearable size."""
    if isinstance(expl, str):
        return cap(expl)
    if expl is None or isinstance(expl, (bool, int)):
        return expl
    text = encode(expl)
    if len(text) <= TEXT_MAX:
        return expl
    return cap(text.decode("utf-8", "replace"))


def run_pipeline(task: Any, request: dict[str, Any], lines: Lines) -> None:
    """The whole tree below `task`, with a stock Luigi worker in this process."""
    import luigi

    url = request.get("scheduler_url")
    where = {"scheduler_url": url} if url else {"local_scheduler": True}
    result = luigi.build(
        [task],
        worker_scheduler_factory=scheduler_factory(),
        workers=request.get("workers", 1),
        detailed_summary=True,
        **where,
    )
    last_status = {t.task_id: status for t, status, _ in result.worker._add_task_history}
    sys.stdout.flush()
    sys.stderr.flush()
    lines.send(
        {
            "ev": "summary",
            "status": result.status.name,
            "scheduling_succeeded": result.scheduling_succeeded,
            "one_line": result.one_line_summary,
            "text": cap(result.summary_text),
            "tasks": last_status,
        }
    )


def scheduler_factory() -> Any:
    """Makes Luigi's client of the scheduler. Luigi prints its URL when a call fails, into a log
    that every viewer may read: so user and password are taken out of it and sent as a header."""
    import base64
    from urllib.parse import unquote, urlsplit, urlunsplit

    from luigi.interface import _WorkerSchedulerFactory
    from luigi.rpc import RemoteScheduler, URLLibFetcher

    class Fetcher(URLLibFetcher):
        def __init__(self, user: str, password: str) -> None:
            pair = f"{unquote(user)}:{unquote(password)}"
            self._header = "Basic " + base64.b64encode(pair.encode()).decode("ascii")

        def _create_request(self, full_url: str, body: Any = None) -> Any:
            made = super()._create_request(full_url, body)
            made.add_header("Authorization", self._header)
            return made

    class Factory(_WorkerSchedulerFactory):
        def create_remote_scheduler(self, url: str) -> Any:
            parts = urlsplit(url)
            scheduler = RemoteScheduler(
                urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
            )
            if parts.username is not None:
                scheduler._fetcher = Fetcher(parts.username, parts.password or "")
            return scheduler

    return Factory()
