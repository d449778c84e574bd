"""JSON lines, and file descriptors beside them, over a UNIX stream socket.

Plain UTF-8 JSON; a text with lone surrogates (a file name that is no UTF-8) goes as ASCII, with
escapes.
"""

from __future__ import annotations

import array
import json
import math
import socket
from collections.abc import Sequence
from typing import Any

READ_BYTES = 1 << 20
FDS_MAX = 64


def encode(message: Any) -> bytes:
    """One line. What JSON cannot say (NaN, objects, tuples as keys) is said as text."""
    try:
        text = _dumps(message)
    except (TypeError, ValueError, RecursionError):
        text = _dumps(_sayable(message))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(json.loads(text), separators=(",", ":")).encode() + b"\n"


def _dumps(message: Any) -> str:
    return json.dumps(
        message, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str
    )


def _sayable(value: Any, depth: int = 0) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    if depth > 50:
        return repr(value)
    if isinstance(value, dict):
        return {str(k): _sayable(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sayable(v, depth + 1) for v in value]
    return str(value)


class Lines:
    """One end of a connection. Owns the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._parts: list[bytes] = []  # of a line whose end has not come yet
        self._fds: list[int] = []

    def send(self, message: Any, fds: Sequence[int] = ()) -> None:
        data = encode(message)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
        sent = self.sock.sendmsg([data], [rights] if fds else [])
        if sent < len(data):
            self.sock.sendall(data[sent:])

    def read(self) -> list[Any] | None:
        """Waits for bytes once; the lines that are whole by now, or None at the end."""
        try:
            data, ancillary, _, _ = self.sock.recvmsg(
                READ_BYTES, socket.CMSG_SPACE(FDS_MAX * 4), socket.MSG_CMSG_CLOEXEC
            )
        except ConnectionResetError:  # the other side died with lines of ours unread
            return None
        for level, kind, raw in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self._fds += array.array("i", raw[: len(raw) - len(raw) % 4])
        if not data:
            return None
        if b"\n" not in data:  # a long line: joined once, at its end
            self._parts.append(data)
            return []
        *lines, rest = b"".join([*self._parts, data]).split(b"\n")
        self._parts = [rest] if rest else []
        return [json.loads(line) for line in lines if line]

    def take_fds(self, count: int) -> list[int]:
        """The descriptors that came with the next line that names some."""
        taken, self._fds = self._fds[:count], self._fds[count:]
        return taken

    def close(self) -> None:
        self.sock.close()
