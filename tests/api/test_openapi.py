"""The served OpenAPI document against the scheduler that serves it: every read of real rows is as
described, and nothing that the description allows to be asked breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import requests
import schemathesis
from headrace_system import System, running
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ENDLESS = "/v1/events"
WORKER, PLANNER, PIPELINE = "w1", "p1", "hourly"
LEAF, ROOT, EXTERNAL = "Leaf_1", "Root_1", "Given_1"


def finish_of(task: str) -> dict[str, Any]:
    error = {"type": "ValueError", "message": "no", "traceback": "…", "where": "run"}
    return {"worker": WORKER, "outcome": "failed", "error": error, "cpu_s": 0.5, "exit_code": 1}


def fill(system: System) -> None:
    """Rows of every kind: a planned run, a task that failed, one that waits, one that runs."""
    system.post("/v1/runs", {"module": "m", "family": "Root", "params": {"a": "1"}})
    plans = system.post("/v1/plans/claim", {"planner": PLANNER, "max": 9, "wait_s": 5})["plans"]
    more = {"params": {"a": "1"}, "resources": {"db": 1}, "owners": ["a@x"], "module": "m"}
    tasks = [
        {"id": LEAF, "family": "Leaf", "complete": False, **more, "targets": [["file", "/x"]]},
        {"id": "Leaf_2", "family": "Leaf", "complete": False, **more},
        {"id": EXTERNAL, "family": "Given", "complete": False, "params": {}, "external": True},
        {"id": ROOT, "family": "Root", "params": {}, "deps": [LEAF, "Leaf_2", EXTERNAL]},
    ]
    plan = next(p for p in plans if p["roots"][0]["family"] == "Root")["plan"]
    system.post(f"/v1/plans/{plan}/tasks", {"planner": PLANNER, "tasks": tasks})
    system.post(f"/v1/plans/{plan}/finish", {"planner": PLANNER, "roots": [ROOT]})
    system.post("/v1/workers", {"worker": WORKER, "pools": ["default"], "slots": 2, "pid": 7})
    wanted = {"pools": ["default"], "max": 2, "wait_s": 5}
    messages = system.post(f"/v1/workers/{WORKER}/receive", wanted)["messages"]
    system.post(f"/v1/attempts/{messages[0]['attempt']}/finish", finish_of(LEAF))


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    pipeline = {"module": "m", "task": "Hourly", "schedule": "0 * * * *", "catchup": 2}
    pipeline["start"] = "2026-01-01"
    tables = {f"pipelines.{PIPELINE}": pipeline, "resources": {"db": 4}}
    with running(tmp_path_factory.mktemp("openapi"), tables, ("scheduler",)) as started:
        fill(started)
        yield started


def load(system: System) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{system.url}/v1/openapi.json")


def reads(schema: schemathesis.BaseSchema) -> Iterator[schemathesis.Case]:
    """All reads, their parameters filled in with what there is."""
    for result in schema.include(method="GET").exclude(path=ENDLESS).get_all_operations():
        operation = result.ok()
        path = operation.path
        names = {"run": 1, "pipeline": PIPELINE, "attempt": 1}
        for task in (LEAF, ROOT, EXTERNAL) if "{task}" in path else ("",):
            used = {k: v for k, v in {**names, "task": task}.items() if f"{{{k}}}" in path}
            yield operation.Case(path_parameters=used)


def test_the_document_is_a_valid_one_and_names_all_that_is_there(system: System) -> None:
    document = system.get("/v1/openapi.json")

    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        whole = {**schema, "components": document["components"]}
        jsonschema_rs.Draft202012Validator(whole)
    operations = [o for path in document["paths"].values() for o in path.values()]
    assert len(operations) == len({o["operationId"] for o in operations}) == 38


def test_every_read_of_real_rows_is_as_described(system: System) -> None:
    for case in reads(load(system)):
        answer = case.call_and_validate(base_url=system.url, checks=CHECKS, timeout=30)

        assert answer.status_code == 200, (case.path, answer.text)


def test_numbers_that_json_has_not_are_shown_as_null(system: System) -> None:
    data = '{"worker":"l","task_id":"Odd_1","priority":Infinity,"resources":{"db":NaN}}'
    requests.post(f"{system.url}/api/add_task", {"data": data}, timeout=30)
    data = '{"task_id":"Odd_1","progress_percentage":NaN}'
    requests.post(f"{system.url}/api/set_task_progress_percentage", {"data": data}, timeout=30)
    body = b'{"module":"m","family":"T","params":{"a":[NaN,-Infinity]}}'
    run = json.loads(requests.post(f"{system.url}/v1/runs", data=body, timeout=30).text)["run"]

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    for path in ("tasks", "tasks/Odd_1", "overview", f"runs/{run}", "tasks/Odd_1/why"):
        text = requests.get(f"{system.url}/v1/{path}", timeout=30).text
        json.loads(text, parse_constant=refuse)


def test_nothing_that_may_be_asked_breaks_it(system: System) -> None:
    schema = load(system).exclude(path=ENDLESS)
    real = {"task": [LEAF, ROOT], "run": [1], "attempt": [1, 2], "plan": [1, 2], "worker": [WORKER]}
    asked = 0

    bounded = settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def ask(case: schemathesis.Case) -> None:
        nonlocal asked
        asked += 1
        for name, values in real.items():  # every other time, one that is there
            if name in case.path_parameters and asked % 2:
                case.path_parameters[name] = values[asked // 2 % len(values)]
        if isinstance(case.body, dict) and "wait_s" in case.body:
            case.body["wait_s"] = 0
        if case.query.get("follow"):
            case.query["follow"] = False
        case.call_and_validate(base_url=system.url, checks=CHECKS, timeout=30)

    for result in schema.get_all_operations():
        operation = result.ok()
        strategy = operation.as_strategy()
        bounded(given(case=strategy)(ask))()

    assert asked >= 36
    assert system.get("/v1/health")["version"]
