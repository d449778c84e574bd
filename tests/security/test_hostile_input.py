"""Hostile input against the real binary, by raw sockets: each kind is refused as it should be, the
memory stays flat, and others are served meanwhile."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from guarded import Guarded, receive, status_of
from waiting import wait_for

RSS_GROWTH_MAX_MB = 120

AUTH = "Authorization: Bearer {token}\r\n"


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    return "".join(f"{x}\r\n" for x in (line, "Host: h", *headers, "")).encode("latin-1") + body


def chunked(body: bytes, *more: str) -> Callable[[str], bytes]:
    return lambda token: request(
        "POST /api/ping HTTP/1.1",
        AUTH.format(token=token).strip(),
        "Transfer-Encoding: chunked",
        *more,
        body=body,
    )


def posted(body: bytes, *more: str, path: str = "/v1/runs") -> Callable[[str], bytes]:
    return lambda token: request(
        f"POST {path} HTTP/1.1",
        AUTH.format(token=token).strip(),
        f"Content-Length: {len(body)}",
        *more,
        body=body,
    )


def plain(text: bytes) -> Callable[[str], bytes]:
    return lambda _token: text


def got(line: str, *more: str) -> Callable[[str], bytes]:
    return lambda token: request(line, AUTH.format(token=token).strip(), *more)


LONG_TOKEN = "hr_00000000_" + "x" * 15_000
MANY_DIGITS = b'{"module":"m","family":"T","priority":' + b"9" * 100_000 + b"}"
DEEP = b"[" * 100_000 + b"]" * 100_000
CASES: dict[str, tuple[Callable[[str], bytes], set[int]]] = {
    # What is no HTTP at all. 0: closed without a word.
    "binary garbage": (plain(bytes(range(256)) * 40), {400, 0}),
    "TLS on the plain port": (
        plain(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20),
        {400, 0},
    ),
    "an SSH client": (plain(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), {400}),
    "HTTP/0.9": (plain(b"GET /\r\n\r\n"), {400}),
    "HTTP/2 preface": (plain(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), {400, 401, 404, 405, 505}),
    "no method": (plain(b" / HTTP/1.1\r\n\r\n"), {400}),
    "a NUL in the head": (plain(b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n"), {400}),
    "a bare CR in a header": (plain(b"GET / HTTP/1.1\r\nA: b\rX: y\r\n\r\n"), {400}),
    "a space before the colon": (plain(b"GET / HTTP/1.1\r\nHost : h\r\n\r\n"), {400}),
    "a folded header": (plain(b"GET / HTTP/1.1\r\nA: b\r\n  c\r\n\r\n"), {400, 401, 303}),
    # Too much of something.
    "a header of 1 MB": (got("GET /v1/overview HTTP/1.1", "A: " + "x" * 1_000_000), {431}),
    "100,000 headers": (got("GET / HTTP/1.1", *(f"H{i}: x" for i in range(100_000))), {431}),
    "a URI of 1 MB": (got("GET /" + "a" * 1_000_000 + " HTTP/1.1"), {414, 431}),
    "a query of 10 KB of %": (got("GET /api/ping?" + "%" * 10_000 + " HTTP/1.1"), {200, 400}),
    "a body of 2 GB announced": (
        got("POST /v1/runs HTTP/1.1", "Content-Length: 2147483648"),
        {413},
    ),
    "a length beyond 64 bits": (
        got("POST /v1/runs HTTP/1.1", "Content-Length: 99999999999999999999999"),
        {400, 413},
    ),
    "10,000 form fields": (
        posted(
            b"&".join(b"f%d=1" % i for i in range(10_000)),
            "Content-Type: application/x-www-form-urlencoded",
            path="/api/ping",
        ),
        {200, 400},
    ),
    # Smuggling.
    "two different lengths": (
        got("POST /v1/runs HTTP/1.1", "Content-Length: 2", "Content-Length: 3"),
        {400},
    ),
    "a list of lengths": (got("POST /v1/runs HTTP/1.1", "Content-Length: 2, 3"), {400}),
    "length and chunks": (
        chunked(b"0\r\n\r\nGET /v1/smuggled HTTP/1.1\r\n\r\n", "Content-Length: 4"),
        {400},
    ),
    "a negative length": (got("POST /v1/runs HTTP/1.1", "Content-Length: -1"), {400}),
    "a signed length": (got("POST /v1/runs HTTP/1.1", "Content-Length: +5"), {400}),
    "a hexadecimal length": (got("POST /v1/runs HTTP/1.1", "Content-Length: 0x10"), {400}),
    "an unknown transfer coding": (
        got("POST /v1/runs HTTP/1.1", "Transfer-Encoding: xchunked"),
        {400, 411, 501},
    ),
    "chunked, but not last": (
        got("POST /v1/runs HTTP/1.1", "Transfer-Encoding: chunked, gzip"),
        {400, 411, 501},
    ),
    # Chunks.
    "a chunk size that is none": (chunked(b"zz\r\nabc\r\n0\r\n\r\n"), {400}),
    "a chunk size beyond 64 bits": (chunked(b"fffffffffffffffff\r\nabc"), {400, 413}),
    "a chunk of 2 GB": (chunked(b"7fffffff\r\nabc"), {413, 400}),
    "a chunk longer than it says": (chunked(b"2\r\nabcdef\r\n0\r\n\r\n"), {400}),
    "a chunk extension of 1 MB": (
        chunked(b"1;" + b"x" * 1_000_000 + b"\r\na\r\n0\r\n\r\n"),
        {400, 431},
    ),
    "trailers of 1 MB": (chunked(b"0\r\nT: " + b"x" * 1_000_000 + b"\r\n\r\n"), {400, 431}),
    # Paths.
    "up out of the root": (got("GET /../../etc/passwd HTTP/1.1"), {400, 404}),
    "up, encoded": (got("GET /assets/%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), {400, 404}),
    "up, encoded twice": (got("GET /assets/%252e%252e/%252e%252e/etc/passwd HTTP/1.1"), {404}),
    "up, by backslashes": (got("GET /..\\..\\etc\\passwd HTTP/1.1"), {400, 404}),
    "a NUL in the path": (got("GET /assets/x%00.js HTTP/1.1"), {400}),
    "a path out of a log": (got("GET /v1/attempts/..%2f..%2fetc/log HTTP/1.1"), {400, 404}),
    "an absolute path": (got("GET //etc/passwd HTTP/1.1"), {200, 400, 404}),  # the page
    "another host's URL": (got("GET http://evil.example/v1/overview HTTP/1.1"), {200, 400, 404}),
    "bad UTF-8 in the path": (got("GET /v1/tasks/%ff%fe HTTP/1.1"), {400, 404}),
    # Bodies.
    "JSON 100,000 deep": (posted(DEEP), {400}),
    "JSON 100,000 deep, as a form": (
        posted(
            b"data=" + DEEP, "Content-Type: application/x-www-form-urlencoded", path="/api/ping"
        ),
        {400},
    ),
    "bad UTF-8 in JSON": (posted(b'{"module":"\xff\xfe","family":"\xc3"}'), {400}),
    "JSON that ends early": (posted(b'{"module":"m","family":'), {400}),
    "a number of 100,000 digits": (posted(MANY_DIGITS), {200, 400}),
    "JSON of another shape": (posted(b"[1,2,3]"), {400}),
    "a multipart without an end": (
        posted(
            b"--x\r\n" * 5000, "Content-Type: multipart/form-data; boundary=x", path="/api/ping"
        ),
        {200, 400},
    ),
    # Credentials.
    "no base64": (plain(request("GET /v1/overview HTTP/1.1", "Authorization: Basic ***")), {401}),
    "no colon": (plain(request("GET /v1/overview HTTP/1.1", "Authorization: Basic YWJj")), {401}),
    "an unknown scheme": (
        plain(request("GET /v1/overview HTTP/1.1", "Authorization: NTLM x")),
        {401},
    ),
    "a token of 15 KB": (
        plain(request("GET /v1/overview HTTP/1.1", f"Authorization: Bearer {LONG_TOKEN}")),
        {401, 429},
    ),
    "a header split by a parameter": (
        got("GET /login?next=a%0d%0aSet-Cookie:%20x=y HTTP/1.1"),
        {200},
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_is_refused_and_others_are_served(guarded: Guarded, kind: str) -> None:
    make, expected = CASES[kind]
    before = guarded.rss_mb()

    answer = guarded.send(make(guarded.tokens["ann"]))

    assert status_of(answer) in expected, answer[:300]
    assert b"root:" not in answer
    assert b"Set-Cookie" not in answer
    assert guarded.rss_mb() - before < RSS_GROWTH_MAX_MB
    guarded.serves()


def test_smuggled_requests_are_never_answered(guarded: Guarded) -> None:
    make, _ = CASES["length and chunks"]
    with guarded.connect() as connection:
        connection.sendall(make(guarded.tokens["ann"]))
        answer = b""
        while piece := connection.recv(65536):
            answer += piece

    assert answer.count(b"HTTP/1.1 ") == 1


def test_two_gigabytes_in_chunks_end_at_the_limit(guarded: Guarded) -> None:
    before = guarded.rss_mb()
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    with guarded.connect() as connection:
        connection.sendall(chunked(b"")(guarded.tokens["wim"]))
        try:
            for _ in range(2048):
                connection.sendall(piece)
                assert guarded.rss_mb() - before < 300
        except OSError:
            pass
        answer = receive(connection)

    assert status_of(answer) in {413, 0}
    guarded.serves()


def test_a_stranger_s_body_is_never_read(guarded: Guarded) -> None:
    before = guarded.rss_mb()
    answer = guarded.send(
        request("POST /v1/runs HTTP/1.1", "Content-Length: 60000000", body=b"x" * 30_000_000)
    )

    assert status_of(answer) in {401, 0}
    assert guarded.rss_mb() - before < 20


def test_slow_clients_keep_nobody_out(own: Guarded) -> None:
    own.write("[security]\nconnections = 100\n")
    own.start()
    own.serves()
    slow: list[socket.socket] = []
    try:
        for i in range(400):
            connection = own.connect()
            slow.append(connection)
            with contextlib.suppress(OSError):  # pushed out already
                connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * (i % 50))
            if i % 50 == 0:
                assert own.serves() < 10
        assert own.serves() < 10
        assert own.rss_mb() < 200
    finally:
        for connection in slow:
            connection.close()


def test_descriptors_do_not_run_out_before_connections(own: Guarded) -> None:
    own.start()
    assert own.process
    limits = Path(f"/proc/{own.process.pid}/limits").read_text()
    soft = int(limits.split("Max open files")[1].split()[0])
    assert soft >= 4096 + 256 or soft == int(limits.split("Max open files")[1].split()[1])


def test_idle_connections_keep_nobody_out(own: Guarded) -> None:
    own.write("[security]\nconnections = 50\n")
    own.start()
    idle = [own.connect() for _ in range(300)]
    try:
        assert own.serves() < 10
    finally:
        for connection in idle:
            connection.close()


def test_a_client_that_takes_no_answer_costs_little(guarded: Guarded) -> None:
    before = guarded.rss_mb()
    auth = AUTH.format(token=guarded.tokens["vic"]).strip()
    line = request("GET /v1/openapi.json HTTP/1.1", auth)
    with guarded.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(2)
        try:
            while True:
                connection.sendall(line * 100)
        except OSError:
            pass  # it reads no more of us than it can answer
        guarded.serves()
        assert guarded.rss_mb() - before < 50


def test_half_open_connections_are_let_go(guarded: Guarded) -> None:
    body = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"
    for data in (b"", b"GET", b"GET / HTTP/1.1\r\n", body):
        assert status_of(guarded.send(data, half_close=True)) in {0, 400, 401}
    guarded.serves()


def test_wrong_tokens_at_speed_are_turned_away_and_others_served(own: Guarded) -> None:
    own.start()
    seen: list[int] = []

    def guess(first: int) -> None:
        for i in range(first, first + 250):
            token = f"hr_{i:08x}_{'x' * 43}"
            line = request("GET /v1/overview HTTP/1.1", f"Authorization: Bearer {token}")
            seen.append(status_of(own.send(line)))

    threads = [threading.Thread(target=guess, args=(n * 1000,)) for n in range(4)]
    for thread in threads:
        thread.start()
    times = [own.serves() for _ in range(20)]
    for thread in threads:
        thread.join()

    assert set(seen) <= {401, 429}
    assert seen.count(401) < 60
    assert seen.count(429) > 800
    assert max(times) < 10
    log = own.log.read_text()
    assert log.count("many wrong logins") < 5
    assert "hr_0" not in log


def test_wrong_passwords_at_speed_do_not_hold_up_others(own: Guarded) -> None:
    own.start()
    before = own.rss_mb()
    connections = [own.connect() for _ in range(100)]
    line = request("GET /v1/overview HTTP/1.1", "Authorization: Basic YW5uOndyb25nIGhvcnNl")
    for connection in connections:
        connection.sendall(line)
    times = [own.serves() for _ in range(10)]
    answers = {status_of(receive(connection, 30)) for connection in connections}
    for connection in connections:
        connection.close()

    assert answers <= {401, 429, 503}
    assert 401 in answers
    assert max(times) < 5
    assert own.rss_mb() - before < 100


def test_a_flood_of_pipelined_requests_is_answered_in_order(guarded: Guarded) -> None:
    line = request("GET /healthz HTTP/1.1")
    with guarded.connect() as connection:
        sender = threading.Thread(target=lambda: connection.sendall(line * 5000))
        sender.start()
        count = 0
        connection.settimeout(20)
        tail = b""
        while count < 5000:
            tail += connection.recv(65536)
            count += tail.count(b"HTTP/1.1 200")
            tail = tail[tail.rfind(b"HTTP/1.1 200") + 12 :] if b"HTTP/1.1 200" in tail else tail
        sender.join()
    assert count == 5000


def test_the_process_is_the_same_and_its_log_says_no_secret(guarded: Guarded) -> None:
    assert guarded.process
    assert guarded.process.poll() is None
    log = guarded.log.read_text(errors="replace")
    for secret in (*guarded.tokens.values(), "correct-horse", "scrypt$"):
        assert secret not in log
    wait_for("few connections", lambda: guarded.rss_mb() < 400)
