"""Mails beside the batched ones, and the ways they take: TLS, login, retries, kill -9, the stop."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest
from mail_server import MailServer
from server import Headrace, Luigid, Server
from waiting import wait_for

SENDER = "luigi@x.org"


def config(port: int, more_smtp: str = "", more: str = "", batch: bool = False) -> str:
    return f"""
[scheduler]
retry_count = 2
retry_delay = 1000
batch_emails = {batch}

[email]
receiver = all@x.org, ops@x.org
sender = {SENDER}

[smtp]
host = 127.0.0.1
port = {port}
timeout = 30
{more_smtp}
{more}
"""


def fail(server: Server, task: str = "Clicks_1") -> None:
    """A failure, of which two disable a task."""
    for status in ("PENDING", "FAILED"):
        server.call("add_task", worker="w", task_id=task, family="Clicks", status=status, expl='""')


@pytest.mark.parametrize("make", [Luigid, Headrace])
def test_a_disabled_task_is_mailed_at_once(
    tmp_path: Path, mail_server: MailServer, make: type[Server]
) -> None:
    server = make(tmp_path / "server", config(mail_server.port))
    server.start()
    try:
        fail(server)
        fail(server)
        wait_for("the mail", lambda: mail_server.mails)
    finally:
        server.stop()

    (mail,) = mail_server.mails
    assert mail.recipients == ("all@x.org", "ops@x.org")
    assert mail.sender == SENDER
    assert mail.subject == "Luigi Scheduler: DISABLED Clicks_1 due to excessive failures"
    assert mail.body == (
        "Clicks_1 failed 2 times in the last 3600 seconds, "
        "so it is being disabled for 86400 seconds"
    )


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1"
    subprocess.run(
        [*command.split(), "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


@pytest.mark.parametrize("tls", ["starttls", "ssl"])
def test_mails_go_by_tls_after_a_login(
    tmp_path: Path, certificate: ssl.SSLContext, tls: str
) -> None:
    if tls == "starttls":
        mail_server = MailServer(tls_context=certificate, require_starttls=True, auth_required=True)
    else:
        mail_server = MailServer(
            ssl_context=certificate, auth_required=True, auth_require_tls=False
        )
    mail_server.start()
    smtp = "username = ada\npassword = secret\n" + ("ssl = true\n" if tls == "ssl" else "")
    server = Headrace(tmp_path / "server", config(mail_server.port, smtp))
    server.start()
    try:
        fail(server)
        fail(server)
        wait_for("the mail", lambda: mail_server.mails)
    finally:
        server.stop()
        mail_server.stop()

    assert mail_server.logins[0] == (b"ada", b"secret")
    assert "secret" not in server.log.read_text()


def test_a_certificate_that_nobody_vouches_for_is_refused_if_asked_for(
    tmp_path: Path, certificate: ssl.SSLContext
) -> None:
    mail_server = MailServer(tls_context=certificate, require_starttls=True)
    mail_server.start()
    server = Headrace(tmp_path / "server", config(mail_server.port))
    server.folder.joinpath("headrace.toml").write_text(
        f'[scheduler]\nlisten = "127.0.0.1:{server.port}"\nstore = "sqlite://{server.folder}"\n'
        "[smtp]\nverify = true\n"
    )
    server.start()
    try:
        fail(server)
        fail(server)
        wait_for("a refusal", lambda: "certificate" in server.log.read_text())
    finally:
        server.stop()
        mail_server.stop()
    assert mail_server.mails == []


def test_a_mail_is_tried_until_the_server_takes_it(tmp_path: Path, mail_server: MailServer) -> None:
    mail_server.refuse = "451 come again"
    server = Headrace(tmp_path / "server", config(mail_server.port))
    server.start()
    try:
        fail(server)
        fail(server)
        wait_for("a first try", lambda: "451" in server.log.read_text())
        mail_server.refuse = None
        wait_for("the mail", lambda: mail_server.mails)
    finally:
        server.stop()
    assert len(mail_server.mails) == 1


def test_a_mail_that_is_refused_for_good_is_not_tried_again(
    tmp_path: Path, mail_server: MailServer
) -> None:
    mail_server.refuse = "554 never"
    server = Headrace(tmp_path / "server", config(mail_server.port))
    server.start()
    try:
        fail(server)
        fail(server)
        wait_for("the end of it", lambda: "is given up" in server.log.read_text())
    finally:
        server.stop()


def test_what_is_owed_survives_kill_9(tmp_path: Path, mail_server: MailServer) -> None:
    mail_server.stop()
    server = Headrace(tmp_path / "server", config(mail_server.port))
    server.start()
    for task in ("a", "b", "c"):
        fail(server, task)
        fail(server, task)
    server.stop(signal.SIGKILL)  # at once: nothing may have left, nor reached notify.db
    mail_server.start()

    server.start()
    wait_for("the mails", lambda: len(mail_server.mails) >= 3)
    server.stop()

    subjects = {mail.subject for mail in mail_server.mails}
    assert subjects == {
        f"Luigi Scheduler: DISABLED {task} due to excessive failures" for task in "abc"
    }


def test_a_batch_survives_kill_9(tmp_path: Path, mail_server: MailServer) -> None:
    server = Headrace(tmp_path / "server", config(mail_server.port, batch=True))
    server.start()
    for _ in range(3):
        fail(server, "a")
        server.stop(signal.SIGKILL)
        server.start()
    server.stop()

    (mail,) = {mail._replace(recipients=()) for mail in mail_server.mails}
    # The second failure disables the task; the third is reported all the same.
    assert mail.subject == "Luigi: 3 failures, 2 disables in the last 60 minutes"


class SilentServer:
    """Accepts connections, and says nothing, ever."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepted: list[socket.socket] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.accepted.append(self.listener.accept()[0])
            except OSError:
                return


def test_the_stop_does_not_wait_for_a_mail_server_that_is_silent(tmp_path: Path) -> None:
    silent = SilentServer()
    server = Headrace(tmp_path / "server", config(silent.port))
    server.start()
    for number in range(5):
        fail(server, f"t{number}")
        fail(server, f"t{number}")
    wait_for("a connection", lambda: silent.accepted)
    assert server.call("task_list", status="DISABLED", upstream_status="")  # nobody waits for it

    begun = time.monotonic()
    server.stop()

    assert time.monotonic() - begun < 5
    assert server.process and server.process.returncode == 0
    silent.listener.close()
