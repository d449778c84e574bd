"""A scheduler that has users, and raw sockets to it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from server import BINARY, Headrace

PASSWORD = "correct-horse"
USERS = {"vic": "viewer", "otto": "operator", "ann": "admin", "wim": "worker"}


class Guarded(Headrace):
    """`headrace scheduler` with a user of each role, all with the same password."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        super().__init__(folder)
        self.config = folder / "headrace.toml"
        self.write(settings)
        self.tokens = {}
        for name, role in USERS.items():
            self.user("add", name, "--role", role, "--password-stdin", typed=PASSWORD + "\n")
            self.tokens[name] = self.user("token", "add", name).strip()

    def write(self, settings: str) -> None:
        self.config.write_text(
            f'[scheduler]\nlisten = "127.0.0.1:{self.port}"\nstore = "sqlite://{self.folder}"\n'
            f'durability = "os"\n{settings}'
        )

    def user(self, *words: str, typed: str = "") -> str:
        command = [str(BINARY), "user", *words, "--config", str(self.config)]
        done = subprocess.run(command, input=typed, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log.read_text(errors="replace")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def get(self, path: str, token: str | None = None) -> tuple[int, str]:
        """Status and body."""
        request = urllib.request.Request(self.url + path)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode(errors="replace")

    def serves(self) -> float:
        """Answers a worker's call; how long that took, in seconds."""
        begin = time.monotonic()
        status, body = self.get("/api/task_list?data=%7B%7D", self.tokens["wim"])
        assert status == 200, body
        return time.monotonic() - begin

    def rss_mb(self) -> float:
        assert self.process
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def connect(self, tls: ssl.SSLContext | None = None) -> socket.socket:
        raw = socket.create_connection(("127.0.0.1", self.port), 20)
        return tls.wrap_socket(raw, server_hostname="localhost") if tls else raw

    def send(self, data: bytes, half_close: bool = False) -> bytes:
        """All that comes back until the other side closes, or falls silent."""
        with self.connect() as connection:
            try:
                connection.sendall(data)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # closed while we still sent: the answer may be there all the same
            return receive(connection)


def receive(connection: socket.socket, silence_s: float = 5) -> bytes:
    connection.settimeout(silence_s)
    got = b""
    try:
        while piece := connection.recv(65536):
            got += piece
            if is_whole(got):
                return got
    except (TimeoutError, ConnectionError):
        pass
    return got


def is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    lengths = [x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")]
    return bool(end and lengths) and len(body) >= int(lengths[0].split(b":")[1])


def status_of(answer: bytes) -> int:
    """0: nothing, or no HTTP."""
    words = answer.split(b" ", 2)
    return int(words[1]) if answer.startswith(b"HTTP/1.1 ") and len(words) > 1 else 0
