"""`headrace scheduler` in luigid's place: its command line, its files, its configuration."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from server import BINARY, free_port
from waiting import wait_for


def ask(port: int, method: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"/api/{method}")
    return json.load(connection.getresponse())["response"]


def environment(**variables: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LUIGI_", "HEADRACE_"))}
    return {**kept, **variables}


def start(folder: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(BINARY), "scheduler", *words],
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until_listening(port: int) -> None:
    def listens() -> bool:
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    wait_for(f"port {port}", listens)


def stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    return output


def resources(port: int) -> dict[str, int]:
    return {each["name"]: each["num_total"] for each in ask(port, "resource_list")}


def test_address_port_and_state_path_are_luigids(tmp_path: Path) -> None:
    port = free_port()
    process = start(
        tmp_path, "--address", "127.0.0.1", "--port", str(port), "--state-path", "luigi.pickle"
    )
    wait_until_listening(port)

    assert ask(port, "is_paused") == {"paused": False}
    assert (tmp_path / "luigi.pickle.headrace" / "journal.db").exists()
    stop(process)


def test_a_unix_socket_is_served_and_a_stale_one_replaced(tmp_path: Path) -> None:
    path = tmp_path / "luigid.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    process = start(tmp_path, "--unix-socket", str(path), "--state-path", "state")

    def answer() -> bytes | None:
        with socket.socket(socket.AF_UNIX) as s:
            if s.connect_ex(str(path)) != 0:
                return None
            s.sendall(b"GET /api/is_paused HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return b"".join(iter(lambda: s.recv(4096), b""))

    assert b'{"response": {"paused": false}}' in wait_for("an answer", answer)
    assert path.stat().st_mode & 0o777 == 0o600
    stop(process)


def has_ended(pid: int) -> bool:
    """Gone, or dead and not yet reaped: its parent is whoever adopts orphans here."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_in_the_background_it_writes_pidfile_and_log(tmp_path: Path) -> None:
    port = free_port()
    words = ["--background", "--pidfile", "luigi.pid", "--logdir", str(tmp_path)]
    words += ["--port", str(port), "--state-path", "state"]

    # The one that is called ends when the one behind it serves.
    first = subprocess.run(
        [str(BINARY), "scheduler", *words], cwd=tmp_path, env=environment(), timeout=30
    )
    again = subprocess.run(
        [str(BINARY), "scheduler", *words], cwd=tmp_path, env=environment(), timeout=30
    )

    pid = int((tmp_path / "luigi.pid").read_text())
    assert (first.returncode, again.returncode) == (0, 0)
    assert ask(port, "is_paused") == {"paused": False}
    os.kill(pid, signal.SIGTERM)
    wait_for("its end", lambda: has_ended(pid) or None)
    assert not (tmp_path / "luigi.pid").exists()
    day = time.strftime("%Y-%m-%d")
    assert "scheduler at" in (tmp_path / "luigi-server.log").read_text()
    assert (tmp_path / f"luigi-server-{day}.err").exists()


def test_a_background_start_that_fails_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = ["--background", "--logdir", str(tmp_path), "--port", str(port)]

        ended = subprocess.run(
            [str(BINARY), "scheduler", *words, "--state-path", "state"],
            cwd=tmp_path,
            env=environment(),
            timeout=30,
            capture_output=True,
            text=True,
        )

    assert ended.returncode == 1
    assert str(port) in ended.stderr


def test_luigi_cfg_is_read_with_interpolation_and_unknown_keys_warn(tmp_path: Path) -> None:
    (tmp_path / "luigi.cfg").write_text("[resources]\nfirst = 1\nsecond = 2\n")
    (tmp_path / "own.cfg").write_text(
        "[DEFAULT]\nbase = 3\n[scheduler]\nretry-delay = 5\nretry_dealy = 7\n"
        "[resources]\nsecond = %(base)s\nthird = ${THIRD}\n"
    )
    port = free_port()
    process = start(
        tmp_path,
        *("--port", str(port), "--state-path", "state"),
        LUIGI_CONFIG_PATH="own.cfg",
        THIRD="4",
    )
    wait_until_listening(port)

    assert resources(port) == {"first": 1, "second": 3, "third": 4}
    output = stop(process)
    assert "own.cfg:4:1: [scheduler] retry-delay is an old spelling" in output
    assert "own.cfg:5:1: [scheduler] retry_dealy: unknown key" in output
    assert "retry_delay" in output


def test_luigi_toml_is_read_where_its_parser_is_chosen(tmp_path: Path) -> None:
    (tmp_path / "luigi.cfg").write_text("[resources]\nfirst = 1\n")
    (tmp_path / "luigi.toml").write_text("[resources]\nsecond = 2\n[scheduler]\nno_such = 1\n")
    port = free_port()
    process = start(
        tmp_path, "--port", str(port), "--state-path", "state", LUIGI_CONFIG_PARSER="toml"
    )
    wait_until_listening(port)

    assert resources(port) == {"second": 2}
    assert "luigi.toml:4:1: [scheduler] no_such: unknown key" in stop(process)


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM", "SIGQUIT"])
def test_luigids_signals_end_it_with_status_0(tmp_path: Path, signal_name: str) -> None:
    port = free_port()
    process = start(tmp_path, "--port", str(port), "--state-path", "state")
    wait_until_listening(port)

    process.send_signal(getattr(signal, signal_name))

    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output


def test_below_a_path_every_address_is_served(tmp_path: Path) -> None:
    port = free_port()
    process = start(
        tmp_path,
        *("--port", str(port), "--state-path", "state"),
        *("--set", "scheduler.url_prefix=/tools/luigi"),
    )
    wait_until_listening(port)

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    statuses = {}
    for path in ("/tools/luigi/api/is_paused", "/tools/luigi/", "/tools/luigi", "/api/is_paused"):
        connection.request("GET", path)
        answer = connection.getresponse()
        statuses[path] = answer.status
        answer.read()
    assert statuses == {
        "/tools/luigi/api/is_paused": 200,
        "/tools/luigi/": 200,
        "/tools/luigi": 302,
        "/api/is_paused": 200,  # from within, past the proxy
    }
    stop(process)


def test_the_test_clock_is_refused_beyond_loopback(tmp_path: Path) -> None:
    process = start(tmp_path, "--luigi-test-clock", "--address", "0.0.0.0", "--port", "0")

    output, _ = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "--luigi-test-clock: refused beyond loopback" in output


def test_without_the_flag_nobody_says_what_time_it_is(tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, "--port", str(port), "--state-path", "state")
    wait_until_listening(port)

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    body = "data=%7B%22worker%22%3A%22w%22%2C%22task_id%22%3A%22T%22%7D"
    connection.request(
        "POST",
        "/api/add_task",
        body,
        {"Content-Type": "application/x-www-form-urlencoded", "X-Luigi-Test-Now": "1000"},
    )
    connection.getresponse().read()

    assert ask(port, "graph")["T"]["start_time"] == "UNKNOWN"
    assert abs(ask(port, "worker_list")[0]["started"] - time.time()) < 60
    stop(process)
