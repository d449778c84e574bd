"""A session: answers one plan's questions (describe, expand, complete, fire) until its socket
closes. It may leak, hang or die: it is a fork, and nobody else is hurt."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any

from headrace.host.describe import Describer
from headrace.host.errors import describe_error
from headrace.host.lines import Lines
from headrace.host.memo import remember_params_and_config

CHUNK = 500  # nodes a line
BULK_LIMITS_MAX = 10  # one bulk_complete() may take as long as this many complete()


def serve_session(lines: Lines, known_families: set[str]) -> None:
    lines.send({"ev": "session", "pid": os.getpid()})
    remember_params_and_config()
    session = Session(lines, Describer(known_families))
    while (requests := lines.read()) is not None:
        for request in requests:
            session.answer(request)


class Session:
    def __init__(self, lines: Lines, describer: Describer) -> None:
        self._lines = lines
        self._describer = describer
        self._tasks: dict[str, Any] = {}  # id → object; of two with one id the first, as in Luigi
        self._deps: dict[str, list[Any]] = {}  # of the tasks described so far
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "expand": self._expand,
            "describe": self._describe,
            "complete": self._complete,
            "fire": self._fire,
        }

    def answer(self, request: dict[str, Any]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        operation = self._operations.get(request.get("op", ""))
        try:
            if operation is None:
                raise ValueError(f"no operation {request.get('op')!r}")
            reply = operation(request)
        except Exception as ex:
            reply = {"error": describe_error("session", ex)}
        reply["re"] = request.get("n")
        reply["us"] = int((time.perf_counter() - wall) * 1e6)
        reply["cpu_us"] = int((time.process_time() - cpu) * 1e6)
        self._lines.send(reply)

    def _load(self, name: dict[str, Any]) -> Any:
        task = self._describer.load(name)
        return self._tasks.setdefault(task.task_id, task)

    def _node(self, task: Any) -> dict[str, Any]:
        node, deps = self._describer.node(task)
        self._deps[task.task_id] = deps
        for dep in deps:
            self._tasks.setdefault(dep.task_id, dep)
        return node

    def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """The nodes of tasks by name, in the order asked."""
        nodes = []
        for name in request["tasks"]:
            try:
                nodes.append(self._node(self._load(name)))
            except BaseException as ex:
                nodes.append(_unloaded(name, ex))
        return {"nodes": nodes}

    def _expand(self, request: dict[str, Any]) -> dict[str, Any]:
        """Roots (by name, or ids of this session), and what is below them, as nodes: each task once
        a session, nothing below what is known to be complete, at most `depth` levels (0: all)."""
        nodes: list[dict[str, Any]] = []
        level = [self._tasks[task_id] for task_id in request.get("ids", ())]
        for name in request.get("tasks", ()):
            try:
                level.append(self._load(name))
            except BaseException as ex:
                nodes.append(_unloaded(name, ex))
        complete = set(request.get("complete", ()))
        depth, count = request.get("depth", 0), 0
        while level:
            below: dict[str, Any] = {}
            for task in level:
                task_id = task.task_id
                if task_id in complete:
                    continue
                if task_id not in self._deps:
                    nodes.append(self._node(task))
                    count += 1
                for dep in self._deps[task_id]:
                    dep_id = dep.task_id
                    if dep_id not in self._deps and dep_id not in complete:
                        below.setdefault(dep_id, self._tasks[dep_id])
                if len(nodes) >= CHUNK:
                    self._lines.send({"re": request.get("n"), "nodes": nodes, "more": True})
                    nodes = []
            level = list(below.values())
            depth -= 1
            if depth == 0:
                break
        return {"nodes": nodes, "count": count, "frontier": [task.task_id for task in level]}

    def _complete(self, request: dict[str, Any]) -> dict[str, Any]:
        limit = request.get("each_timeout", 0)
        tasks = {task_id: self._tasks[task_id] for task_id in request["ids"]}
        answers = bulk_answers(tasks, limit)
        for task_id, task in tasks.items():
            if task_id not in answers:
                answers[task_id] = ask_complete(task, limit)
        return {"complete": answers}

    def _fire(self, request: dict[str, Any]) -> dict[str, Any]:
        """Calls the handlers of events that Luigi's worker triggers in its own process."""
        errors: list[Any] = []
        for event in request["events"]:
            try:
                task = self._tasks[event["id"]]
                arguments: list[Any] = list(event.get("args", ()))
                if event["name"] == "event.core.task.broken":
                    arguments = [RuntimeError(*arguments)]
                if "dependency" in event:
                    arguments.append(self._tasks[event["dependency"]])
                for_event = _handlers(task, event["name"])
                for handler in for_event:
                    handler(task, *arguments)
                errors.append(None)
            except BaseException as ex:
                errors.append(describe_error("event", ex))
        return {"errors": errors}


def _unloaded(name: dict[str, Any], ex: BaseException) -> dict[str, Any]:
    return {**name, "error": describe_error("load", ex)}


def _handlers(task: Any, event: str) -> Iterable[Any]:
    """As Task.trigger_event finds them; called by us, because it swallows what they raise."""
    for cls, events in task._event_callbacks.items():
        if isinstance(task, cls):
            yield from events.get(event, ())


class _Limit:
    """Raises TimeoutError in the main thread when the time is over (not inside of C code)."""

    def __init__(self, seconds: float, what: str) -> None:
        self._seconds = seconds
        self._what = what

    def __enter__(self) -> None:
        if self._seconds:
            signal.signal(signal.SIGALRM, self._late)
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        if self._seconds:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _late(self, *_: object) -> None:
        raise TimeoutError(f"{self._what} took longer than {self._seconds} s")


def ask_complete(task: Any, limit: float) -> bool | dict[str, Any]:
    try:
        with _Limit(limit, "complete()"):
            answer = task.complete()
        if answer not in (True, False):
            raise TypeError(f"Return value of Task.complete() must be boolean (was {answer!r})")
        return bool(answer)
    except BaseException as ex:
        return {"error": describe_error("complete", ex)}


def bulk_answers(tasks: dict[str, Any], limit: float) -> dict[str, Any]:
    """{id: answer} of the tasks whose class has a bulk_complete() of its own.

    Luigi hands it parameter values the way Range tasks do: plain values of the one parameter. So
    only classes with one parameter are asked; whatever it gets wrong is asked again one by one.
    """
    import luigi
    from luigi.task import MixinNaiveBulkComplete

    slow = (luigi.Task.bulk_complete.__func__, MixinNaiveBulkComplete.bulk_complete.__func__)
    by_class: dict[type, list[Any]] = {}
    for task in tasks.values():
        cls = type(task)
        bulk = getattr(cls.bulk_complete, "__func__", None)
        if bulk and bulk not in slow and "complete" not in task.__dict__:
            by_class.setdefault(cls, []).append(task)
    answers: dict[str, Any] = {}
    for cls, members in by_class.items():
        params = cls.get_params()
        if len(params) != 1 or len(members) < 2:
            continue
        name = params[0][0]
        values = [getattr(member, name) for member in members]
        try:
            with _Limit(limit * min(len(values), BULK_LIMITS_MAX), "bulk_complete()"):
                complete = list(cls.bulk_complete(values))
            if all(value in values for value in complete):
                answers.update((m.task_id, value in complete) for m, value in zip(members, values))
        except BaseException:  # one by one then: it may say who is to blame
            continue
    return answers
