"""Luigi's 39 methods at /api on the real scheduler: each answers, however it is asked, and what is
wrong is refused with a 4xx and a reason. A 5xx would cost a Luigi worker a minute of retries."""

from __future__ import annotations

import http.client
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest
from headrace_system import System, running
from luigi import scheduler

WORKER, TASK = "w1", "Task_a_1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# Method -> a call that is right, its required arguments first.
CALLS: dict[str, dict[str, Any]] = {
    "add_worker": {"worker": WORKER, "info": [["host", "vm"], ["workers", 1]]},
    "ping": {"worker": WORKER},
    "add_task": {"worker": WORKER, "task_id": TASK, "family": "Task", "params": {"a": "1"}},
    "add_task_batcher": {
        "worker": WORKER,
        "task_family": "Task",
        "batched_args": ["a"],
        "max_batch_size": float("inf"),
    },
    "get_work": {"worker": WORKER, "host": "vm", "assistant": False, "current_tasks": []},
    "count_pending": {"worker": WORKER},
    "set_task_status_message": {"task_id": TASK, "status_message": "half way"},
    "set_task_progress_percentage": {"task_id": TASK, "progress_percentage": 50},
    "decrease_running_task_resources": {"task_id": TASK, "decrease_resources": {"db": 1}},
    "get_running_task_resources": {"task_id": TASK},
    "announce_scheduling_failure": {
        "worker": WORKER,
        "task_name": "Task(a=1)",
        "family": "Task",
        "params": {},
        "expl": "why",
        "owners": [],
    },
    "add_scheduler_message_response": {"task_id": TASK, "message_id": "m", "response": "yes"},
    "report_task_statistics": {"task_id": TASK, "statistics": {"cpu": 1.5}},
    "disable_worker": {"worker": "w2"},
    "task_list": {"status": "PENDING", "upstream_status": "", "limit": True, "search": "Task"},
    "worker_list": {"include_running": True},
    "resource_list": {},
    "graph": {},
    "dep_graph": {"task_id": TASK, "include_done": True},
    "inverse_dep_graph": {"task_id": TASK, "include_done": False},
    "task_search": {"task_str": "Task"},
    "fetch_error": {"task_id": TASK},
    "get_task_status_message": {"task_id": TASK},
    "get_task_progress_percentage": {"task_id": TASK},
    "re_enable_task": {"task_id": TASK},
    "forgive_failures": {"task_id": TASK},
    "mark_as_done": {"task_id": TASK},
    "set_worker_processes": {"worker": WORKER, "n": 3},
    "send_scheduler_message": {"worker": WORKER, "task": TASK, "content": "stop"},
    "get_scheduler_message_response": {"task_id": TASK, "message_id": "m"},
    "has_task_history": {},
    "is_pause_enabled": {},
    "is_paused": {},
    "pause": {},
    "unpause": {},
    "update_resources": {"db": 4},
    "update_resource": {"resource": "db", "amount": 4},
    "prune": {},
    "update_metrics_task_started": {"task": None},
}
# What headrace cannot do without.
REQUIRED = ("worker", "task_id", "task_family", "task_str", "message_id", "resource", "task")
UNREAD = ("report_task_statistics", "update_metrics_task_started")

ODD_VALUES = (
    *("Infinity", "-Infinity", "NaN", "1e400", "-1e308", "1" + "0" * 40, "-1", "0.5", "true"),
    *("null", '""', r'"\ud800"', r'"\udfff\ud800"', r'"\u0000"', '"</script>"', '"é€😀"'),
    *("[]", "{}", "[null]", "[[]]", '[["a"]]', '["a","a"]', '{"a":null}', '{"a":NaN}'),
    '{"":Infinity}',
)


class Answer(NamedTuple):
    status: int
    reason: str
    body: bytes

    @property
    def response(self) -> Any:
        assert self.status == 200, self
        answer = json.loads(self.body)
        assert list(answer) == ["response"]
        return answer["response"]


class Luigi:
    """One connection that stays, as `requests` keeps it."""

    def __init__(self, system: System) -> None:
        self.connection = http.client.HTTPConnection(system.url.removeprefix("http://"), timeout=30)

    def ask(self, verb: str, path: str, body: str | None = None, **headers: str) -> Answer:
        self.connection.request(verb, path, body, headers or FORM)
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.reason, answer.read())

    def post(self, method: str, data: str) -> Answer:
        return self.ask("POST", f"/api/{method}", urlencode({"data": data}))

    def get(self, method: str, data: str) -> Answer:
        return self.ask("GET", f"/api/{method}?data={quote(data)}")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("luigi"), roles=("scheduler",)) as started:
        yield started


@pytest.fixture
def luigi(system: System) -> Luigi:
    client = Luigi(system)
    client.post("unpause", "{}")
    return client


def test_the_methods_and_their_arguments_are_luigis_own() -> None:
    assert set(CALLS) == set(scheduler.RPC_METHODS)
    for method, arguments in CALLS.items():
        parameters = inspect.signature(getattr(scheduler.Scheduler, method)).parameters
        if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            assert set(arguments) <= set(parameters), method


@pytest.mark.parametrize("method", CALLS)
def test_a_method_answers_post_get_and_both(luigi: Luigi, method: str) -> None:
    data = json.dumps(CALLS[method])

    posted = luigi.post(method, data)
    got = luigi.get(method, data)
    # The body comes after the query, and wins.
    both = luigi.ask("POST", f"/api/{method}?data=%5B%5D", urlencode({"data": data}))

    for answer in (posted, got, both):
        _ = answer.response
    assert type(posted.response) is type(got.response) is type(both.response)


@pytest.mark.parametrize("method", CALLS)
def test_arguments_that_a_method_does_not_know_are_ignored(luigi: Luigi, method: str) -> None:
    _ = luigi.post(method, json.dumps({**CALLS[method], "from_the_future": 1})).response


@pytest.mark.parametrize("method", [m for m in CALLS if m not in UNREAD])
def test_a_missing_argument_is_refused_by_name(luigi: Luigi, method: str) -> None:
    for name in CALLS[method]:
        rest = {key: value for key, value in CALLS[method].items() if key != name}

        answer = luigi.post(method, json.dumps(rest))

        if name in REQUIRED and method not in ("forgive_failures", "mark_as_done"):
            assert answer.status == 400, (name, answer)
            assert answer.reason.startswith(f"{method}: {name}: expected"), (name, answer)
        else:
            _ = answer.response


@pytest.mark.parametrize("method", CALLS)
def test_no_value_of_an_argument_breaks_a_method(luigi: Luigi, method: str) -> None:
    for name in CALLS[method] or {"worker": ""}:
        for odd in ODD_VALUES:
            rest = json.dumps({**CALLS[method], name: None})
            data = rest.replace(f'"{name}": null', f'"{name}": {odd}')
            assert odd in data

            answer = luigi.post(method, data)

            assert answer.status in (200, 400), (data, answer)
            if answer.status == 400:
                assert answer.reason.startswith(f"{method}: "), (data, answer)
            else:
                _ = answer.response


@pytest.mark.parametrize("method", CALLS)
def test_what_is_no_json_object_is_refused(luigi: Luigi, method: str) -> None:
    for data in ("[1]", "null", "3", '"text"', "{", '{"a":}', "{} {}", "[" * 10_000, "\x00"):
        answer = luigi.post(method, data)

        assert answer.status == 400, (data[:20], answer)
        assert answer.reason.startswith(f"{method}: data: "), (data[:20], answer)


@pytest.mark.parametrize("method", CALLS)
def test_other_verbs_are_refused_and_options_answered(luigi: Luigi, method: str) -> None:
    assert luigi.ask("OPTIONS", f"/api/{method}").status == 204
    for verb in ("PUT", "DELETE", "PATCH"):
        assert luigi.ask(verb, f"/api/{method}", "data=%7B%7D").status == 405, verb


def test_a_body_of_another_type_counts_as_no_arguments(luigi: Luigi) -> None:
    raw = json.dumps({"worker": WORKER})

    ping = luigi.ask("POST", "/api/ping", raw, **{"Content-Type": "application/json"})
    paused = luigi.ask("POST", "/api/is_paused", raw, **{"Content-Type": "application/json"})

    assert (ping.status, paused.response) == (400, {"paused": False})


@pytest.mark.parametrize("path", ["", "load", "dump", "resources", "add_task/", "Add_task"])
def test_what_is_no_method_is_not_found(luigi: Luigi, path: str) -> None:
    assert luigi.ask("GET", f"/api/{path}").status == 404


def test_what_odd_calls_left_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path, roles=("scheduler",)) as system:
        luigi = Luigi(system)
        for number, odd in enumerate(ODD_VALUES):
            for name in ("params", "priority", "resources", "deps", "expl", "owners", "batch_id"):
                luigi.post("add_task", f'{{"worker":"w","task_id":"T_{number}","{name}":{odd}}}')
        luigi.post("add_task", r'{"worker":"\ud800","task_id":"\udfff","deps":["\udc00"]}')
        luigi.post("update_resource", r'{"resource":"\ud800","amount":3}')
        reads = ("graph", "task_list", "resource_list")
        before = [luigi.post(read, "{}").response for read in reads]
        system.stop()

        system.start("scheduler")

        assert [Luigi(system).post(read, "{}").response for read in reads] == before
