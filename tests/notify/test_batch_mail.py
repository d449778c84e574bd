"""Batched mails: luigid and headrace are told the same and must write the same mails."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from failure_history import tell
from mail_server import Mail, MailServer
from server import Headrace, Luigid, Server

# What [batch_email] may say, in turn.
MODES = ("unbatched_params", "family", "all")
SETTINGS = list(itertools.product(MODES, ("plain", "html"), (0, 3, 20), (0, 1, 2), (True, False)))


def config(mail_server: MailServer, seed: int) -> str:
    mode, format_, lines, messages, group = SETTINGS[seed * 37 % len(SETTINGS)]
    return f"""
[scheduler]
batch_emails = true
retry_count = 4
retry_delay = 1000

[email]
receiver = all@x.org,ops@x.org
sender = luigi@x.org
prefix = [test]
format = {format_}

[smtp]
host = 127.0.0.1
port = {mail_server.port}

[batch_email]
batch_mode = {mode}
error_lines = {lines}
error_messages = {messages}
group_by_error_messages = {group}
email_interval = 30
"""


def mails_of(server: Server, mail_server: MailServer, seed: int, calls: int) -> list[Mail]:
    """The mails that it sends when it is stopped, as luigid does."""
    mail_server.mails.clear()
    server.start()
    try:
        tell(server, seed, calls)
    finally:
        server.stop()
    return sorted(mail_server.mails)


@pytest.mark.parametrize("seed", range(8))
def test_mails_are_those_of_luigid(tmp_path: Path, mail_server: MailServer, seed: int) -> None:
    luigi_cfg = config(mail_server, seed)

    theirs = mails_of(Luigid(tmp_path / "luigid", luigi_cfg), mail_server, seed, calls=60)
    ours = mails_of(Headrace(tmp_path / "headrace", luigi_cfg), mail_server, seed, calls=60)

    assert theirs, "luigid sent nothing"
    assert ours == theirs


def test_missing_owners_and_explanations_are_no_trouble(
    tmp_path: Path, mail_server: MailServer
) -> None:
    server = Headrace(tmp_path / "headrace", config(mail_server, 0))
    server.start()
    task = {"worker": "w", "family": "A", "params": {}, "status": "FAILED"}
    server.call("add_task", task_id="A_1", **task)
    server.call("add_task", task_id="A_2", **task, expl=None, owners=None)
    server.stop()

    subjects = {mail.subject for mail in mail_server.mails}
    assert subjects == {"[test] Luigi: 2 failures in the last 30 minutes"}
