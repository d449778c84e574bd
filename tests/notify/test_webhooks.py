"""Webhooks: what is posted when, in which form, and how often."""

from __future__ import annotations

import signal
from pathlib import Path

from server import Headrace
from waiting import wait_for
from web_server import WebServer

LUIGI_CFG = "[scheduler]\nretry_count = 2\nretry_delay = 1000\n[email]\nformat = none\n"


def start(folder: Path, webhooks: str) -> Headrace:
    server = Headrace(folder, LUIGI_CFG)
    (folder / "headrace.toml").write_text(
        f'[scheduler]\nlisten = "127.0.0.1:{server.port}"\nstore = "sqlite://{folder}"\n'
        f'[notify]\nretry_first = "100ms"\n{webhooks}'
    )
    server.start()
    return server


def report(server: Headrace, status: str, task: str = "Clicks_1", family: str = "Clicks") -> None:
    server.call(
        "add_task",
        worker="w",
        task_id=task,
        family=family,
        params={"day": "1"},
        status=status,
        expl='"Traceback <b>\\nBoom"',
        owners=["ada@x.org"],
    )


def test_failure_disable_and_recovery_are_posted(tmp_path: Path, web_server: WebServer) -> None:
    server = start(
        tmp_path / "server",
        f'[notify.webhooks.ops]\nurl = "{web_server.url}/hook?key=1"\ntoken = "t0ken"\n',
    )
    try:
        for status in ("DONE", "FAILED", "FAILED", "DONE", "DONE"):
            report(server, status)
        wait_for("all of it", lambda: len(web_server.deliveries) >= 4)
    finally:
        server.stop()

    assert [d.body["event"] for d in web_server.deliveries] == [
        *("failed", "failed", "disabled", "recovered")
    ]
    first = web_server.deliveries[0]
    assert first.path == "/hook?key=1"
    assert first.headers["authorization"] == "Bearer t0ken"
    assert first.headers["content-type"] == "application/json"
    assert len({d.headers["headrace-delivery"] for d in web_server.deliveries}) == 4
    assert {key: first.body[key] for key in ("task", "name", "family", "params", "owners")} == {
        "task": "Clicks_1",
        "name": "Clicks(day=1)",
        "family": "Clicks",
        "params": {"day": "1"},
        "owners": ["ada@x.org"],
    }
    assert first.body["explanation"] == "Traceback <b>\nBoom"
    assert first.body["url"] == f"http://127.0.0.1:{server.port}/tasks/Clicks_1"
    log = server.log.read_text()
    assert "t0ken" not in log and "key=1" not in log


def test_slack_gets_a_text_and_only_what_was_asked_for(
    tmp_path: Path, web_server: WebServer
) -> None:
    server = start(
        tmp_path / "server",
        f'[notify.webhooks.slack]\nurl = "{web_server.url}/services/T/B/x"\nformat = "slack"\n'
        'events = ["failed"]\nfamilies = ["Cli*"]\n',
    )
    try:
        report(server, "FAILED", "Views_1", "Views")
        report(server, "FAILED")
        report(server, "FAILED")  # and so disabled, which nobody asked for
        wait_for("both", lambda: len(web_server.deliveries) >= 2)
    finally:
        server.stop()

    link = f"<http://127.0.0.1:{server.port}/tasks/Clicks_1|Clicks(day=1)>"
    text = f":x: {link} failed\n```Traceback &lt;b&gt;\nBoom```"
    assert [d.body for d in web_server.deliveries] == [{"text": text}, {"text": text}]


def test_a_webhook_is_tried_again_and_its_delivery_can_be_known(
    tmp_path: Path, web_server: WebServer
) -> None:
    web_server.answers = [503, 429, 200]
    server = start(tmp_path / "server", f'[notify.webhooks.x]\nurl = "{web_server.url}"\n')
    try:
        report(server, "FAILED")
        wait_for("three tries", lambda: len(web_server.deliveries) >= 3)
    finally:
        server.stop()

    assert len({d.headers["headrace-delivery"] for d in web_server.deliveries}) == 1


def test_a_webhook_that_says_no_is_not_asked_again(tmp_path: Path, web_server: WebServer) -> None:
    web_server.answers = [404]
    server = start(tmp_path / "server", f'[notify.webhooks.x]\nurl = "{web_server.url}"\n')
    try:
        report(server, "FAILED")
        wait_for("the end of it", lambda: "is given up" in server.log.read_text())
    finally:
        server.stop()
    assert len(web_server.deliveries) == 1


def test_a_recovery_is_told_though_the_scheduler_was_killed_between(
    tmp_path: Path, web_server: WebServer
) -> None:
    server = start(tmp_path / "server", f'[notify.webhooks.x]\nurl = "{web_server.url}"\n')
    report(server, "FAILED")
    server.stop(signal.SIGKILL)
    server.start()
    try:
        report(server, "DONE")
        wait_for(
            "both",
            lambda: {d.body["event"] for d in web_server.deliveries} == {"failed", "recovered"},
        )
    finally:
        server.stop()
