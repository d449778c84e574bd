"""The real servers that notifications go to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mail_server import MailServer
from web_server import WebServer


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.stop()
