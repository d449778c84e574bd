"""Who may come in, with the real binary: stock Luigi clients, our own, and people at the page."""

from __future__ import annotations

import os
import subprocess
import urllib.parse
from pathlib import Path

import pytest
import requests
from guarded import PASSWORD, USERS, Guarded
from server import BINARY, PYTHONS

PIPELINE = """
import luigi


class Out(luigi.Task):
    name = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget("out.txt")

    def run(self):
        with self.output().open("w") as out:
            out.write("made")
"""


def stock(guarded: Guarded, folder: Path, version: str, login: str) -> subprocess.CompletedProcess:
    """A stock Luigi worker with `login` in its scheduler's URL."""
    folder.mkdir()
    (folder / "pipeline.py").write_text(PIPELINE)
    url = f"http://{login}@127.0.0.1:{guarded.port}/"
    core = f"[core]\ndefault-scheduler-url = {url}\nrpc-retry-attempts = 1\n"
    (folder / "luigi.cfg").write_text(core)
    command = [str(PYTHONS[version]), "-m", "luigi", "--module", "pipeline", "Out"]
    command += ["--name", str(folder)]  # what is just done is not run again at once
    environment = {**os.environ, "PYTHONPATH": str(folder), "LUIGI_CONFIG_PATH": "luigi.cfg"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("version", PYTHONS)
def test_stock_clients_come_in_by_the_url(guarded: Guarded, tmp_path: Path, version: str) -> None:
    by_password = stock(guarded, tmp_path / "a", version, f"wim:{urllib.parse.quote(PASSWORD)}")
    by_token = stock(guarded, tmp_path / "b", version, f"wim:{guarded.tokens['wim']}")

    for done, folder in ((by_password, "a"), (by_token, "b")):
        assert ":)" in done.stderr, done.stderr
        assert (tmp_path / folder / "out.txt").read_text() == "made"


def test_a_stock_client_of_the_wrong_role_is_told_why(guarded: Guarded, tmp_path: Path) -> None:
    done = stock(guarded, tmp_path / "a", "3.8.1", f"vic:{guarded.tokens['vic']}")

    assert "vic is viewer; this needs the role worker or admin" in done.stderr
    assert not (tmp_path / "a" / "out.txt").exists()


@pytest.mark.parametrize("name", USERS)
def test_each_role_may_what_it_may(guarded: Guarded, name: str) -> None:
    role = USERS[name]
    bearer = {"Authorization": f"Bearer {guarded.tokens[name]}"}

    def status(method: str, path: str) -> int:
        url = guarded.url + path
        return requests.request(method, url, headers=bearer, json={}, timeout=20).status_code

    may = {
        "read": status("GET", "/v1/overview") == 200,
        "operate": status("POST", "/v1/tasks/none/retry") == 404,
        "work": status("POST", "/v1/plans/claim") != 403,
        "operate by Luigi's way": status("GET", "/api/pause") == 200,
        "administer": status("POST", "/v1/nothing") == 404,
    }
    assert may == {
        "read": True,
        "operate": role in {"operator", "admin"},
        "work": role in {"worker", "admin"},
        "operate by Luigi's way": role in {"operator", "admin"},
        "administer": role == "admin",
    }
    if may["operate"]:
        assert status("POST", "/api/unpause") == 200


def test_people_log_in_and_out_at_the_page(guarded: Guarded) -> None:
    page = requests.Session()
    first = page.get(guarded.url + "/runs", headers={"Accept": "text/html"}, timeout=20)
    assert first.url == f"{guarded.url}/login?next=runs"
    assert 'name="password"' in first.text

    form = {"user": "otto", "password": PASSWORD, "next": "runs"}
    evil = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert page.post(guarded.url + "/login", form, headers=evil, timeout=20).status_code == 403
    after = page.post(guarded.url + "/login", form, timeout=20)
    assert (after.status_code, after.url) == (200, guarded.url + "/runs")
    assert "frame-ancestors 'none'" in after.headers["Content-Security-Policy"]
    assert after.headers["X-Content-Type-Options"] == "nosniff"

    session = page.get(guarded.url + "/v1/session", timeout=20).json()
    assert (session["user"], session["role"]) == ("otto", "operator")
    retry = guarded.url + "/v1/tasks/none/retry"
    assert page.post(retry, json={}, timeout=20).status_code == 403
    assert page.get(guarded.url + "/api/pause", timeout=20).status_code == 403
    token = {"X-CSRF-Token": session["csrf"]}
    assert page.post(retry, json={}, headers=token, timeout=20).status_code == 404

    assert page.post(guarded.url + "/logout", timeout=20).status_code == 204
    assert page.get(guarded.url + "/v1/session", timeout=20).status_code == 401


def test_a_new_password_ends_the_old_one_and_a_removed_token_is_over(own: Guarded) -> None:
    own.start()
    by_password = ("otto", PASSWORD)
    url = own.url + "/v1/overview"
    assert requests.get(url, auth=by_password, timeout=20).status_code == 200

    own.user("passwd", "otto", "--password-stdin", typed="another horse\n")
    token_id = own.tokens["otto"].split("_")[1]
    own.user("token", "remove", "otto", token_id)
    while requests.get(url, auth=("otto", "another horse"), timeout=20).status_code != 200:
        pass

    assert requests.get(url, auth=by_password, timeout=20).status_code == 401
    assert own.get("/v1/overview", own.tokens["otto"])[0] == 401


def test_commands_show_a_token_and_never_print_it(guarded: Guarded, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(guarded.tokens["vic"] + "\n")
    status = [str(BINARY), "status", "--url", guarded.url]

    def run(command: list[str], **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            command, env={**os.environ, **environment}, cwd=tmp_path, capture_output=True, text=True
        )

    assert run(status, HEADRACE_SCHEDULER_TOKEN=guarded.tokens["vic"]).returncode == 0
    assert run([*status, "--set", f"scheduler.token_file={token_file}"]).returncode == 0
    nobody = run(status)
    assert nobody.returncode == 1
    assert "HEADRACE_SCHEDULER_TOKEN" in nobody.stderr
    url = f"http://ann:open%20sesame@127.0.0.1:{guarded.port}"
    wrong = run([str(BINARY), "status", "--url", url])
    assert "sesame" not in wrong.stdout + wrong.stderr
    shown = run(
        [str(BINARY), "config", "show", "--all", "--set", f"scheduler.url={url}"],
        HEADRACE_SCHEDULER_TOKEN=guarded.tokens["vic"],
    )
    assert shown.returncode == 0
    assert "sesame" not in shown.stdout
    assert guarded.tokens["vic"] not in shown.stdout


def test_beyond_this_machine_only_with_users(tmp_path: Path) -> None:
    command = [str(BINARY), "scheduler", "--listen", "0.0.0.0:0", "--store", f"sqlite://{tmp_path}"]
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30)

    assert refused.returncode == 1
    assert "refusing to listen on 0.0.0.0:0" in refused.stderr
    assert "headrace user add" in refused.stderr
