"""TLS with the real binary: our own commands, stock clients, a new certificate while it runs, and
`headrace up` with users and TLS, whose parts let each other in by themselves."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
import requests
from guarded import USERS, Guarded, receive, status_of
from server import BINARY, PYTHONS
from waiting import wait_for

TASKS = """
import luigi


class Leaf(luigi.Task):
    out = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(self.out + ".leaf")

    def run(self):
        with self.output().open("w") as out:
            out.write("leaf")


class Root(Leaf):
    def requires(self):
        return Leaf(out=self.out)

    def output(self):
        return luigi.LocalTarget(self.out + ".root")
"""


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Self-signed, for this machine."""
    made, key = folder / f"{name}.crt", folder / f"{name}.key"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    where = ["-subj", f"/CN={name}", "-addext", names, "-keyout", str(key), "-out", str(made)]
    subprocess.run([*command.split(), *where], check=True, capture_output=True)
    return made, key


def install(pair: tuple[Path, Path], folder: Path) -> None:
    """As certificate managers do: beside, then renamed."""
    for source, name in zip(pair, ("tls.crt", "tls.key"), strict=True):
        shutil.copy(source, folder / f"{name}.new")
        (folder / f"{name}.new").rename(folder / name)


def security(folder: Path) -> str:
    return (
        f'[security]\ntls_certificate = "{folder}/tls.crt"\ntls_key = "{folder}/tls.key"\n'
        f'users = "{folder}/users.json"\n'
    )


def test_clients_trust_whom_they_are_told_and_certificates_change(own: Guarded) -> None:
    first = certificate(own.folder, "first")
    second = certificate(own.folder, "second")
    install(first, own.folder)
    own.write(security(own.folder))
    own.start()
    url = f"https://127.0.0.1:{own.port}"
    bearer = {"Authorization": f"Bearer {own.tokens['vic']}"}

    def works(ca: Path) -> bool:
        try:
            answer = requests.get(f"{url}/v1/overview", verify=str(ca), headers=bearer, timeout=20)
        except requests.exceptions.SSLError:
            return False
        assert answer.headers["Strict-Transport-Security"]
        return answer.status_code == 200

    def command(ca: Path) -> int:
        settings = [f"scheduler.token={own.tokens['vic']}", f"scheduler.ca_file={ca}"]
        words = [str(BINARY), "status", "--url", url]
        for setting in settings:
            words += ["--set", setting]
        return subprocess.run(words, cwd=own.folder, capture_output=True).returncode

    assert works(first[0]) and not works(second[0])
    assert command(first[0]) == 0
    assert command(second[0]) == 1
    install(second, own.folder)
    wait_for("the second certificate", lambda: works(second[0]))
    assert not works(first[0])
    (own.folder / "tls.crt").write_text("no certificate")
    assert works(second[0])
    complaint = "the certificate in use stays"
    wait_for("a complaint", lambda: works(second[0]) and complaint in own.log.read_text())
    assert works(second[0])


@pytest.mark.parametrize("version", PYTHONS)
def test_stock_clients_speak_tls(own: Guarded, version: str) -> None:
    install(certificate(own.folder, "only"), own.folder)
    own.write(security(own.folder))
    own.start()
    (own.folder / "tasks.py").write_text(TASKS)
    url = f"https://wim:{own.tokens['wim']}@127.0.0.1:{own.port}/"
    command = [str(PYTHONS[version]), "-m", "luigi", "--module", "tasks", "Root"]
    command += ["--out", str(own.folder / "made"), "--scheduler-url", url]
    ca = str(own.folder / "tls.crt")
    environment = {"PYTHONPATH": ".", "REQUESTS_CA_BUNDLE": ca, "SSL_CERT_FILE": ca}
    done = subprocess.run(command, cwd=own.folder, env=environment, capture_output=True, text=True)

    assert ":)" in done.stderr, done.stderr
    assert (own.folder / "made.root").exists()


def test_hostile_tls_is_closed_and_others_are_served(own: Guarded) -> None:
    pair = certificate(own.folder, "only")
    install(pair, own.folder)
    own.write(security(own.folder) + "connections = 100\n")
    own.start()
    trusting = ssl.create_default_context(cafile=str(pair[0]))

    def serves() -> None:
        with own.connect(trusting) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            assert status_of(receive(connection)) == 200

    before = own.rss_mb()
    plain = own.send(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
    assert plain.startswith(b"HTTP/1.1 400 This Port Speaks HTTPS")
    silent = [own.connect() for _ in range(300)]
    for i, connection in enumerate(silent[200:]):
        try:
            connection.sendall(b"\x16\x03\x01" + bytes([i]) * (i * 7))
        except OSError:
            continue  # pushed out, or closed for good reason
    serves()
    for _ in range(50):
        own.send(b"\x16\x03\x01\x02\x00" + b"\xff" * 600)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        own.connect(old).close()
    serves()
    for connection in silent:
        connection.close()
    assert own.rss_mb() - before < 100


@pytest.mark.parametrize("unit", ["task", "pipeline"])
def test_up_lets_its_own_parts_in(own: Guarded, unit: str) -> None:
    install(certificate(own.folder, "elsewhere.example"), own.folder)
    (own.folder / "tasks.py").write_text(TASKS)
    own.write(
        security(own.folder)
        + f'[host]\npython = "{PYTHONS["3.8.1"]}"\npath = ["{own.folder}"]\n'
        + f'[logs]\ndir = "{own.folder}/logs"\n'
        + '[pipelines.one]\nmodule = "tasks"\ntask = "Root"\nschedule = "0 * * * *"\n'
        + f'start = "2026-01-01T00:00"\nend = "2026-01-01T01:00"\nunit = "{unit}"\n'
        + f'params = {{ out = "{own.folder}/made" }}\n'
    )
    command = [str(BINARY), "up", "--once", "--quiet", "--config", str(own.config)]
    done = subprocess.run(command, cwd=own.folder, capture_output=True, text=True, timeout=200)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (own.folder / "made.root").exists()
    logs = "".join(x.read_text() for x in (own.folder / "logs").rglob("*.log"))
    assert "hr_" not in logs + done.stdout + done.stderr
    assert len(own.tokens) == len(USERS)
