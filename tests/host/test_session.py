"""Sessions: tasks as data, whether they are complete, and what broken ones do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from task_host import Host, Session, StartHost, alive, kill, wait_until


@pytest.fixture
def session(host: Host) -> Iterator[Session]:
    with host.session() as opened:
        yield opened


def test_tree_is_expanded_with_every_field(session: Session, data: Path) -> None:
    root = {"module": "basic", "family": "Nested", "params": {"m": "4", "k": "3"}}

    nodes = session.ask("expand", tasks=[root])["nodes"]

    assert len(nodes) == 17
    assert sum(len(node["deps"]) for node in nodes) == 16
    mid = next(node for node in nodes if node["family"] == "Mid")
    assert mid == {
        "id": mid["id"],
        "family": "Mid",
        "module": "basic",
        "params": {"n": "0", "k": "3", "hid": "h", "verbose": "False"},
        "visibility": {"hid": 1},
        "outputs": [["file", f"{data}/m/0.txt"]],
        "complete": "outputs",
        "priority": 5,
        "resources": {"db": 1},
        "timeout": 60,
        "retry": {"count": 3, "hard_timeout": None, "window": None},
        "owners": ["a@x", "b@x"],
        "deps": mid["deps"],
    }
    assert len(mid["deps"]) == 3


def test_levels_are_expanded_one_by_one_and_nothing_below_what_is_complete(
    session: Session,
) -> None:
    root = {"module": "basic", "family": "Nested", "params": {"m": "3", "k": "2"}}
    first = session.ask("expand", tasks=[root], depth=1)
    assert [len(first["nodes"]), len(first["frontier"])] == [1, 3]

    complete = first["frontier"][:2]
    second = session.ask("expand", ids=first["frontier"], depth=1, complete=complete)
    assert [node["id"] for node in second["nodes"]] == first["frontier"][2:]
    assert len(second["frontier"]) == 2

    third = session.ask("expand", ids=second["frontier"], depth=1)
    assert third["frontier"] == []


def test_large_tree_comes_in_chunks(session: Session) -> None:
    reply = session.ask("expand", tasks=[{"module": "basic", "family": "Flat", "params": {}}])

    assert reply["count"] == len(reply["nodes"]) == 10001


@pytest.mark.parametrize(
    ("family", "complete"),
    [
        ("Base", "outputs"),
        ("Mixed", "custom"),
        ("GivesSecret", "requires"),
        ("NoOut", "never"),
        ("Opaque", "custom"),
        ("Relative", "outputs"),
        ("BadName", "custom"),
    ],
)
def test_complete_is_native_only_where_luigis_own_would_be_called(
    session: Session, family: str, complete: str
) -> None:
    assert session.describe("classes", family)["complete"] == complete


def test_complete_set_on_an_object_is_custom(session: Session) -> None:
    nodes = session.ask("expand", tasks=[{"module": "classes", "family": "BoundComplete"}])["nodes"]

    assert [node["complete"] for node in nodes] == ["outputs", "custom"]


def test_relative_paths_are_told_absolute(session: Session) -> None:
    outputs = session.describe("classes", "Relative")["outputs"]

    assert outputs == [["file", os.path.join(os.getcwd(), "rel/path")], ["file", "/abs"]]


def test_s3_targets_are_described_without_boto3_and_without_secrets(start: StartHost) -> None:
    host = start("s3_targets")
    with host.session() as session:
        assert session.describe("s3_targets", "S3")["outputs"] == [
            ["s3", "s3://b/k.txt"],
            ["s3", "s3://b/dir/_SUCCESS"],
            ["s3", "s3://b/d2/_OK"],
            ["s3", "s3://b/z", {"endpoint_url": "http://x"}],
        ]


def test_external_task_has_no_dependencies_and_says_so(session: Session) -> None:
    nodes = session.ask("expand", tasks=[{"module": "basic", "family": "NeedsExt"}])["nodes"]

    assert [node.get("external", False) for node in nodes] == [False, True]
    assert "deps" not in nodes[1]


def test_batch_and_messages_are_told(session: Session) -> None:
    batch = session.describe("basic", "Batch", d="1")
    assert (batch["batchable"], batch["batch_params"], batch["max_batch_size"]) == (True, ["d"], 10)
    assert session.describe("behaviour", "Say")["messages"] is True


@pytest.mark.parametrize(
    ("family", "kind"), [("BadDep", "TypeError"), ("RaisesReq", "KeyError"), ("Gone", "TaskClass")]
)
def test_what_raises_is_an_error_in_its_node(session: Session, family: str, kind: str) -> None:
    assert session.describe("classes", family)["error"]["type"].startswith(kind)


def problems(session: Session, family: str) -> list[str]:
    nodes = session.ask("expand", tasks=[{"module": "classes", "family": family}])["nodes"]
    return [node.get("problem", "") for node in nodes]


def test_private_value_that_would_be_lost_is_a_problem(session: Session) -> None:
    root, real, default = problems(session, "GivesSecret")

    assert (root, default) == ("", "")
    assert real == "private parameters cannot travel: token"


def test_value_that_changes_on_the_wire_is_a_problem(session: Session) -> None:
    assert "parameter obj is 5 here but '5'" in problems(session, "WrongType")[1]


def test_class_made_at_run_time_is_a_problem(session: Session) -> None:
    assert "made at run time" in problems(session, "MakesClasses")[1]


def test_module_imported_late_is_none(session: Session) -> None:
    assert problems(session, "Late") == ["", ""]


def test_complete_is_asked_with_a_time_limit_each(session: Session) -> None:
    names = [
        {"module": "classes", "family": "SlowComplete", "params": {"n": str(i)}} for i in range(5)
    ]
    ids = [node["id"] for node in session.ask("describe", tasks=names)["nodes"]]

    complete = session.ask("complete", ids=ids, each_timeout=0.2)["complete"]

    answers = [complete[i] if isinstance(complete[i], bool) else complete[i]["error"] for i in ids]
    assert [answers[0], answers[4]] == [False, True]
    assert [error["type"] for error in answers[1:4]] == ["TimeoutError", "OSError", "TypeError"]


def test_bulk_complete_is_used_where_the_class_has_one(session: Session) -> None:
    names = [{"module": "classes", "family": "Bulk", "params": {"n": str(i)}} for i in range(4)]
    ids = [node["id"] for node in session.ask("describe", tasks=names)["nodes"]]

    complete = session.ask("complete", ids=ids, each_timeout=1)["complete"]

    assert [complete[i] for i in ids] == [True, False, True, False]


def test_bulk_complete_that_raises_is_replaced_by_complete(session: Session) -> None:
    names = [
        {"module": "classes", "family": "BrokenBulk", "params": {"n": str(i)}} for i in range(3)
    ]
    ids = [node["id"] for node in session.ask("describe", tasks=names)["nodes"]]

    complete = session.ask("complete", ids=ids, each_timeout=1)["complete"]

    assert [complete[i] for i in ids] == [False, True, False]


def test_event_handlers_are_called_and_what_they_raise_is_told(
    session: Session, data: Path
) -> None:
    (data / "events.txt").unlink(missing_ok=True)
    task = session.describe("basic", "NeedsExt")
    dependency = task["deps"][0]
    events = [
        {"name": "event.core.timeout", "id": task["id"], "args": ["took too long"]},
        {"name": "event.core.dependency.discovered", "id": task["id"], "dependency": dependency},
        {"name": "event.core.task.broken", "id": task["id"], "args": ["bad requires"]},
    ]

    errors = session.ask("fire", events=events)["errors"]

    assert errors[:2] == [None, None]
    assert errors[2]["message"] == "handler saw bad requires"
    assert (data / "events.txt").read_text() == (
        f"timeout {task['id']} took too long\ndiscovered {task['id']} {dependency}\n"
    )


def test_unknown_operation_or_id_is_an_error_and_the_session_goes_on(session: Session) -> None:
    assert session.ask("dance")["error"]["type"] == "ValueError"
    assert session.ask("complete", ids=["Nobody_1"])["error"]["type"] == "KeyError"
    assert session.describe("basic", "Noop")["family"] == "Noop"


def test_session_that_hangs_or_dies_hurts_nobody_else(host: Host) -> None:
    with host.session() as hanging, host.session() as other:
        hanging._lines.send(
            {"op": "describe", "tasks": [{"module": "basic", "family": "Hang", "params": {}}]}
        )

        assert other.describe("basic", "Noop")["family"] == "Noop"

        kill(hanging.pid)
        assert wait_until(lambda: not alive(hanging.pid))
        assert other.describe("basic", "Ext", d="2026-01-01")["external"]


def test_session_ends_with_its_socket(host: Host) -> None:
    session = host.session()
    session.__exit__()

    assert wait_until(lambda: not alive(session.pid))
