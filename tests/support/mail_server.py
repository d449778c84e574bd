"""A real mail server on a free port, that keeps what it is sent."""

from __future__ import annotations

import email
import email.policy
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from server import free_port


class Mail(NamedTuple):
    """What a reader of mails sees of one."""

    recipients: tuple[str, ...]
    sender: str
    subject: str
    kind: str
    body: str


class MailServer:
    """Takes every mail, unless it is told to `refuse`: then it answers with that."""

    def __init__(self, **options: Any) -> None:
        self.mails: list[Mail] = []
        self.ids: list[str] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.refuse: str | None = None
        self.options = options
        self.port = free_port()
        self.controller: Controller | None = None

    def start(self) -> None:
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._authenticate,
            **self.options,
        )
        self.controller.start()

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"secret")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse:
            return self.refuse
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        (part,) = message.iter_parts()
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert message["To"].replace(" ", "") == ",".join(envelope.rcpt_tos)
        self.mails.append(
            Mail(
                tuple(envelope.rcpt_tos),
                message["From"],
                message["Subject"],
                part.get_content_type(),
                payload.decode(),
            )
        )
        self.ids.append(message["Message-ID"])
        return "250 OK"
