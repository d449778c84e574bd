"""The log of the process: text or JSON, to a file that is moved aside; requests and events."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from server import Headrace


def start(folder: Path, log: str) -> Headrace:
    server = Headrace(folder, "[email]\nformat = none\n")
    (folder / "headrace.toml").write_text(
        f'[scheduler]\nlisten = "127.0.0.1:{server.port}"\nstore = "sqlite://{folder}"\n'
        f"[log]\n{log}"
    )
    server.start()
    return server


def work(server: Headrace) -> None:
    task = {"worker": "w", "task_id": "A_1\nB", "family": "A", "params": {}}
    server.call("add_task", **task)
    server.call("get_work", worker="w", host="vm")
    server.call("add_task", **task, status="FAILED", expl='"s3cret"')
    url = f"{server.url}/api/task_list?data=%7B%22search%22%3A%22s3cret%22%7D"
    with urllib.request.urlopen(url, timeout=30) as answer:
        answer.read()


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines_have_requests_and_events_and_no_secrets(tmp_path: Path) -> None:
    server = start(tmp_path / "server", 'format = "json"\naccess = true\nevents = true\n')
    work(server)
    server.stop()

    text = server.log.read_text()
    assert "s3cret" not in text
    log = lines(text)
    assert {line["log"] for line in log} == {"headrace", "access", "events"}
    assert all(line["at"].endswith("Z") and line["level"] for line in log)
    events = [line for line in log if line["log"] == "events"]
    assert [line["event"] for line in events] == [*("worker added", "task started", "task failed")]
    assert events[2]["task"] == "A_1\nB"
    assert events[2]["seconds"] >= 0
    requests = [line for line in log if line["log"] == "access"]
    last = requests[-1]
    assert last["method"] == "GET" and last["path"] == "/api/task_list" and last["status"] == 200
    assert last["bytes"] > 0 and last["ms"] > 0 and last["peer"].startswith("127.0.0.1")


def test_text_has_one_line_for_each_whatever_a_task_is_called(tmp_path: Path) -> None:
    server = start(tmp_path / "server", "access = true\nevents = true\n")
    work(server)
    server.stop()

    text = server.log.read_text()
    assert r" info events: task failed task=A_1\nB family=A seconds=" in text
    assert " info access: request method=GET path=/api/task_list status=200 bytes=" in text
    assert all(line[:4].isdigit() for line in text.splitlines()), text


def test_by_default_there_are_neither_requests_nor_events(tmp_path: Path) -> None:
    server = start(tmp_path / "server", "")
    work(server)
    server.stop()
    assert "access:" not in server.log.read_text()
    assert "events:" not in server.log.read_text()


def test_the_file_is_moved_aside_when_it_is_full(tmp_path: Path) -> None:
    file = tmp_path / "headrace.log"
    server = start(
        tmp_path / "server",
        f'file = "{file}"\nmax_size = "64KiB"\nkeep = 2\naccess = true\nformat = "json"\n',
    )
    for number in range(1500):
        server.call("ping", worker=f"w{number % 7}")
    server.stop()

    names = sorted(path.name for path in tmp_path.glob("headrace*.log"))
    assert names == ["headrace.1.log", "headrace.2.log", "headrace.log"]
    assert all(lines((tmp_path / name).read_text()) for name in names)
    assert server.log.read_text() == ""


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    server = Headrace(tmp_path / "server", "")
    (tmp_path / "server" / "headrace.toml").write_text(
        f'[scheduler]\nlisten = "127.0.0.1:{server.port}"\nstore = "sqlite://{server.folder}"\n'
        f'[log]\nfile = "{tmp_path}/server/headrace.toml/x.log"\n'
    )
    try:
        server.start()
    except AssertionError as error:
        assert "log.file" in str(error)
    else:
        server.stop()
        raise AssertionError("it started")
