"""What luigid answers besides its methods' values: statuses, headers, CORS, old addresses, history.
Where luigid does the same, both are asked."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from server import Headrace, Luigid, Server

CFG = """
[scheduler]
record_task_history = {history}

[cors]
enabled = true
allowed_origins = ["https://a.example", "*", "null"]
allow_null_origin = {null}
allow_any_origin = {anyone}
max_age = 60
exposed_headers = X-Mine
allow_credentials = true
"""


def cfg(history: bool = False, null: bool = False, anyone: bool = False) -> str:
    return CFG.format(history=history, null=null, anyone=anyone)


def ask(
    server: Server, verb: str, path: str, body: str | None = None, **headers: str
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        named.setdefault("Content-Type", "application/x-www-form-urlencoded")
    connection.request(verb, path, body, named)
    answer = connection.getresponse()
    answer.text = answer.read()  # type: ignore[attr-defined]
    return answer


@pytest.fixture(params=[Luigid, Headrace])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    server = request.param(tmp_path / "server", cfg())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def headrace(tmp_path: Path) -> Iterator[Headrace]:
    server = Headrace(tmp_path / "server", cfg(history=True))
    server.start()
    yield server
    server.stop()


def fill(server: Server, tasks: int) -> None:
    for number in range(tasks):
        server.call(
            "add_task",
            worker="w",
            task_id=f"Task_{number}",
            family="Task",
            params={"n": str(number), "text": "<b>"},
            status="DONE" if number % 2 else "PENDING",
        )


def test_statuses_of_verbs_and_addresses(either: Server) -> None:
    assert ask(either, "HEAD", "/").status == 204
    assert ask(either, "HEAD", "/api/is_paused").status == 405
    assert ask(either, "PUT", "/api/is_paused", "").status == 405
    assert ask(either, "OPTIONS", "/api/is_paused").status == 204
    assert ask(either, "OPTIONS", "/api/no_such_method").status == 204
    assert ask(either, "GET", "/api/no_such_method").status == 404
    assert ask(either, "GET", "/api/is_paused").status == 200
    assert ask(either, "GET", "/robots.txt").status == 404


def test_answers_carry_luigis_type_and_escapes(either: Server) -> None:
    fill(either, 1)

    answer = ask(either, "GET", "/api/task_search?data=" + quote('{"task_str": "Task"}'))

    assert answer.getheader("Content-Type") == "application/json; charset=UTF-8"
    assert answer.text.startswith(b'{"response": {"PENDING": {"Task_0": {')


def test_large_answers_are_zipped_for_who_takes_it(either: Server) -> None:
    fill(either, 20)

    plain = ask(either, "GET", "/api/graph")
    zipped = ask(either, "GET", "/api/graph", Accept_Encoding="gzip")

    assert plain.getheader("Content-Encoding") is None
    assert zipped.getheader("Content-Encoding") == "gzip"
    assert zipped.getheader("Vary") == "Accept-Encoding"
    assert json.loads(gzip.decompress(zipped.text)) == json.loads(plain.text)


def test_what_was_read_before_need_not_be_sent_again(either: Server) -> None:
    fill(either, 2)

    first = ask(either, "GET", "/api/graph")
    again = ask(either, "GET", "/api/graph", If_None_Match=first.getheader("Etag") or "")
    fill(either, 3)
    changed = ask(either, "GET", "/api/graph", If_None_Match=first.getheader("Etag") or "")

    assert (first.status, again.status, changed.status) == (200, 304, 200)
    assert again.text == b""


def cors_of(answer: http.client.HTTPResponse) -> dict[str, Any]:
    return {
        name.removeprefix("Access-Control-"): value
        for name, value in answer.getheaders()
        if name.startswith("Access-Control-")
    }


@pytest.mark.parametrize("kind", [Luigid, Headrace])
@pytest.mark.parametrize(("null", "anyone"), [(False, False), (True, False), (True, True)])
def test_cors_is_luigids(tmp_path: Path, kind: type[Server], null: bool, anyone: bool) -> None:
    server = kind(tmp_path / "server", cfg(null=null, anyone=anyone))
    server.start()
    others = {
        "Max-Age": "60",
        "Allow-Methods": "GET, OPTIONS",
        "Allow-Headers": "Accept, Content-Type, Origin",
        "Allow-Credentials": "true",
        "Expose-Headers": "X-Mine",
    }

    for origin, allowed in {
        "https://a.example": "*" if anyone else "https://a.example",
        "https://b.example": "*" if anyone else None,
        "null": "null" if null else None,
        "*": "*" if anyone else None,
    }.items():
        plain = cors_of(ask(server, "GET", "/api/is_paused", Origin=origin))
        preflight = cors_of(ask(server, "OPTIONS", "/api/is_paused", Origin=origin))
        assert plain == ({"Allow-Origin": allowed} if allowed else {}), origin
        assert preflight == ({"Allow-Origin": allowed, **others} if allowed else {}), origin
    assert cors_of(ask(server, "GET", "/api/is_paused")) == {}
    server.stop()


def test_the_address_of_luigis_page_leads_to_ours(headrace: Headrace) -> None:
    for path in ("/static/visualiser/index.html", "/static/visualiser/"):
        answer = ask(headrace, "GET", path)

        assert (answer.status, answer.getheader("Location")) == (302, "../../")
    page = ask(headrace, "GET", "/")
    assert page.status == 200
    assert b"<title>headrace</title>" in page.text


def test_history_is_served_where_it_is_kept(headrace: Headrace, tmp_path: Path) -> None:
    fill(headrace, 3)
    assert headrace.call("has_task_history") is True

    recent = ask(headrace, "GET", "/history").text.decode()
    by_name = ask(headrace, "GET", "/history/by_name/Task").text.decode()
    by_params = ask(headrace, "GET", "/history/by_params/Task?" + urlencode({"data": '{"n": "1"}'}))
    by_task_id = ask(headrace, "GET", "/history/by_task_id/Task_1").text.decode()
    names = ask(headrace, "GET", "/tasklist").text.decode()
    times = ask(headrace, "GET", "/tasklist/Task").text.decode()

    assert recent.count("<tr>") == by_name.count("<tr>") == 4
    assert "n=2, text=&lt;b&gt;" in recent
    assert by_params.text.decode().count("<tr>") == 2
    assert "Task_1" in by_task_id
    assert "DONE" in by_task_id
    assert '<a href="tasklist/Task">Task</a>' in names
    assert times.count("<tr>") == 4
    link = by_name.split('href="')[1].split('"')[0].removeprefix("../")
    assert "Task_2" in ask(headrace, "GET", "/history/" + link).text.decode()
    assert ask(headrace, "GET", "/history/by_task_id/none").status == 404
    assert ask(headrace, "GET", "/history/by_id/99999999999999999999").status == 404


def test_history_that_is_not_kept_is_not_there(tmp_path: Path) -> None:
    server = Headrace(tmp_path / "server", cfg(history=False))
    server.start()

    answer = ask(server, "GET", "/history")

    assert server.call("has_task_history") is False
    assert answer.status == 404
    assert "record_task_history" in answer.reason
    server.stop()
