"""A task object as data: a NODE of the protocol (docs/host_protocol.md).

User code may raise anywhere in here; the node then carries an error instead of what is missing.
What a node cannot carry faithfully to another process is named in its `problem`.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any

from headrace.host.errors import describe_error
from headrace.host.targets import TargetKinds

HIDDEN, PRIVATE = 1, 2  # luigi.parameter.ParameterVisibility


@dataclass(frozen=True)
class ClassInfo:
    """What is the same for all tasks of a class."""

    family: str
    how: str  # how complete() works: outputs, requires, custom
    problem: str | None
    params: list[tuple[str, Any, Any, int]]  # name, parameter, its serialize, visibility
    by_name: dict[str, Any]
    batch_params: list[str]
    default_retry: bool


class Describer:
    def __init__(self, known_families: set[str]) -> None:
        import luigi
        import luigi.task
        import luigi.task_register

        self._task = luigi.Task
        self._wrapper = luigi.WrapperTask
        self._register = luigi.task_register.Register
        self._flatten = luigi.task.flatten
        self._known_families = known_families
        self._classes: dict[type, ClassInfo] = {}
        self._targets = TargetKinds()
        modern = hasattr(luigi.Task, "disable_window")
        self._window = "disable_window" if modern else "disable_window_seconds"  # Luigi 2

    def load(self, name: dict[str, Any]) -> Any:
        """The task object of {"module", "family", "params"}."""
        if name.get("module"):
            importlib.import_module(name["module"])
        return self._register.get_task_cls(name["family"]).from_str_params(name.get("params", {}))

    def node(self, task: Any) -> tuple[dict[str, Any], list[Any]]:
        """(description, dependency objects)."""
        info = self._classes.get(type(task)) or self._class_info(type(task))
        node = {"id": task.task_id, "family": info.family, "module": task.task_module}
        try:
            self._add_params(node, task, info)
            external = task.run is None or task.run is NotImplemented
            if external:
                node["external"] = True
            self._add_complete(node, task, info)
            self._add_policies(node, task, info)
            if external:
                return node, []
            deps = task.deps()
            for dep in deps:
                if not isinstance(dep, self._task):
                    raise TypeError(
                        f"requires() must return Task objects but {dep!r} is a {type(dep).__name__}"
                    )
            node["deps"] = [dep.task_id for dep in deps]
        except Exception as ex:
            node["error"] = describe_error("describe", ex)
            return node, []
        return node, deps

    def _add_params(self, node: dict[str, Any], task: Any, info: ClassInfo) -> None:
        values, texts, private = task.param_kwargs, {}, []
        for name, _, serialize, visibility in info.params:
            if visibility == PRIVATE:
                private.append(name)
                continue
            texts[name] = serialize(values[name])
            if visibility:
                node.setdefault("visibility", {})[name] = visibility
        node["params"] = texts
        lost = [p for p in private if not self._resolves_alike(info, p, values[p])]
        if info.problem:
            node["problem"] = info.problem
        elif lost:
            node["problem"] = "private parameters cannot travel: " + ", ".join(lost)
        else:
            self._check_travel(node, task, texts)

    def _resolves_alike(self, info: ClassInfo, name: str, value: Any) -> bool:
        """Private values never go over the wire: is the default or the configuration the same?"""
        parameter = info.by_name[name]
        return parameter.has_task_value(info.family, name) and (
            parameter.task_value(info.family, name) == value
        )

    def _check_travel(self, node: dict[str, Any], task: Any, texts: dict[str, str]) -> None:
        """Is it the same task when made from its texts? Luigi's instance cache answers mostly."""
        travelled = type(task).from_str_params(texts)
        if travelled is task:
            return
        for name, value in travelled.param_kwargs.items():
            if name in texts and value != task.param_kwargs[name]:
                node["problem"] = (
                    f"parameter {name} is {task.param_kwargs[name]!r} here but {value!r} when made"
                    f" from its text {texts[name]!r}"
                )
                return

    def _add_complete(self, node: dict[str, Any], task: Any, info: ClassInfo) -> None:
        how = "custom" if "complete" in task.__dict__ else info.how
        if how == "outputs":
            outputs = [self._targets.describe(out) for out in self._flatten(task.output())]
            node["outputs"] = outputs
            if not outputs:
                how = "never"
            elif any(out[0] == "opaque" for out in outputs):
                how = "custom"
        node["complete"] = how

    def _add_policies(self, node: dict[str, Any], task: Any, info: ClassInfo) -> None:
        if task.disabled:
            node["disabled"] = True
        if task.priority:
            node["priority"] = task.priority
        resources = task.process_resources()
        if resources:
            node["resources"] = dict(resources)
        if task.worker_timeout is not None:
            node["timeout"] = task.worker_timeout
        if not info.default_retry:
            node["retry"] = {
                "count": task.retry_count,
                "hard_timeout": task.disable_hard_timeout,
                "window": getattr(task, self._window),
            }
        if info.batch_params:
            node["batchable"] = bool(task.batchable)
            node["batch_params"] = info.batch_params
            largest = task.max_batch_size
            node["max_batch_size"] = None if largest == float("inf") else largest
        owners = task._owner_list()
        if owners:
            node["owners"] = list(owners)
        if task.accepts_messages:
            node["messages"] = True

    def _class_info(self, cls: Any) -> ClassInfo:
        base = self._task
        if cls.complete is base.complete:
            how = "outputs"
        elif cls.complete is self._wrapper.complete and cls._requires is base._requires:
            how = "requires"
        else:
            how = "custom"
        retry = ("retry_count", "disable_hard_timeout", self._window)
        info = ClassInfo(
            family=cls.get_task_family(),
            how=how,
            problem=self._class_problem(cls),
            params=[
                (name, p, p.serialize, int(getattr(p.visibility, "value", p.visibility)))
                for name, p in cls.get_params()
            ],
            by_name=dict(cls.get_params()),
            batch_params=cls.batch_param_names(),
            default_retry=all(getattr(cls, name) is getattr(base, name) for name in retry),
        )
        self._classes[cls] = info
        return info

    def _class_problem(self, cls: Any) -> str | None:
        """Why a process that imports the module would not find this very class; None: it would."""
        if cls.__module__ == "__main__":
            return "defined in __main__, which cannot be imported elsewhere: name its module"
        try:
            registered = self._register.get_task_cls(cls.get_task_family())
        except Exception as ex:
            return str(ex)
        if registered is not cls:
            return "another class is registered under this family"
        if cls.get_task_family() not in self._known_families and not _importable(cls):
            return "its class does not exist after importing its module (it is made at run time)"
        return None


def _importable(cls: Any) -> bool:
    """For classes of modules that are imported late, inside of requires()."""
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is cls
