"""Bad configuration and bad surroundings, told to the real binary: one clear complaint that names
the place and what would be right, an exit status that is not 0, and nothing left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from headrace_system import BINARY, PYTHON, System, await_that, free_port, running

PIPELINE = '[pipelines.ctr]\nmodule = "fine"\ntask = "T"\n'
LIMIT_S = 60


class Ended(NamedTuple):
    status: int
    out: str
    err: str


class Place:
    """A folder with a headrace.toml, and headrace called in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listen = f"127.0.0.1:{free_port()}"
        (folder / "code").mkdir()

    def headrace(self, *words: str, toml: str | None = None) -> Ended:
        if toml is not None:
            (self.folder / "headrace.toml").write_text(toml)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HEADRACE_")}
        process = subprocess.Popen(
            [BINARY, *words],
            cwd=self.folder,
            env={**environment, "TMPDIR": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"{words} does not end: {out}{err}") from None
        assert not processes_of_session(process.pid), words
        return Ended(process.returncode, out, err)

    def settings(self, more: str = "") -> str:
        """What is right, but for `more`."""
        return (
            f'[scheduler]\nlisten = "{self.listen}"\nstore = "sqlite://./state"\n'
            f'durability = "os"\n'
            f'[host]\npython = "{PYTHON}"\npath = ["{self.folder}/code"]\n'
            f'[logs]\ndir = "./logs"\n{more}'
        )


def processes_of_session(session: int) -> list[str]:
    """Those that live. The session's first process has been waited for."""
    living = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[3] == str(session) and fields[0] not in "ZX":
            living.append(stat.parent.name)
    return living


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# The text, its wrong line, and what the complaint says: key and remedy.
MISTAKES = {
    "unknown key": ('[scheduler]\nlistn = "x:1"\n', 2, ["scheduler.listn", "'listen'"]),
    "unknown section": ('[schedular]\nlisten = "x:1"\n', 1, ["schedular", "'scheduler'"]),
    "wrong type": ("[worker]\nslots = true\n", 2, ["worker.slots", "integer"]),
    "negative slots": ("[worker]\nslots = -1\n", 2, ["worker.slots", "-1"]),
    "negative pool": ("[pools.big]\nslots = -3\n", 2, ["pools.big.slots", "-3"]),
    "unknown pool": (PIPELINE + 'pool = "bg"\n[pools.big]\n', 4, ["ctr.pool", "'big'"]),
    "bad cron": (PIPELINE + 'schedule = "5 25 * * *"\n', 4, ["ctr.schedule", "0-23"]),
    "bad time zone": (
        PIPELINE + 'timezone = "Europe/Berln"\n',
        4,
        ["ctr.timezone", "'Europe/Berlin'"],
    ),
    "missing module": ('[pipelines.ctr]\ntask = "T"\n', 1, ["pipelines.ctr", "module"]),
    "missing task": ('[pipelines.ctr]\nmodule = "m"\n', 1, ["pipelines.ctr", "task"]),
    "bad duration": (PIPELINE + 'timeout = "1 hour"\n', 4, ["ctr.timeout", "1h30m"]),
    "negative duration": ('[worker]\ngrace = "-5s"\n', 2, ["worker.grace"]),
    "bad template": (
        PIPELINE + 'params = { h = "{interval_strt:%H}" }\n',
        4,
        ["ctr.params.h", "'interval_start'"],
    ),
    "syntax error": ('[scheduler\nlisten = "x:1"\n', 1, ["TOML"]),
    "unquoted": ("[scheduler]\nlisten = 127.0.0.1:80\n", 2, ["TOML"]),
    "start after end": (
        PIPELINE + 'schedule = "0 * * * *"\nstart = "2026-03-02"\nend = "2026-03-01"\n',
        6,
        ["ctr.end", "is not after start, 2026-03-02"],
    ),
    "duplicate key": ("[worker]\nslots = 1\nslots = 2\n", 3, ["slots"]),
    "bad listen address": ('[scheduler]\nlisten = "here"\n', 2, ["scheduler.listen", ":8082"]),
    "bad port": ('[scheduler]\nlisten = "[::1]:99999"\n', 2, ["scheduler.listen", "0-65535"]),
    "unknown store": ('[scheduler]\nstore = "mysql://x"\n', 2, ["scheduler.store", "sqlite://"]),
    "store without scheme": ('[scheduler]\nstore = "/x"\n', 2, ["scheduler.store", "sqlite://"]),
    "bad size": ('[logs]\nlimit = "lots"\n', 2, ["logs.limit", "64MiB"]),
    "bad choice": ('[scheduler]\ndurability = "no"\n', 2, ["scheduler.durability", "fsync"]),
}


@pytest.mark.parametrize("command", ["config check", "scheduler", "up --once"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_file_line_key_and_remedy(
    place: Place, mistake: str, command: str
) -> None:
    text, line, words = MISTAKES[mistake]

    ended = place.headrace(*command.split(), toml=text)

    complaints = re.findall(r"^headrace: (.*)$", ended.err, re.MULTILINE)
    assert len(complaints) == 1, ended
    assert complaints[0].startswith(f"headrace.toml:{line}:"), ended
    assert all(word in complaints[0] for word in words), ended
    assert (ended.status, ended.out) == (1, "")
    assert {p.name for p in place.folder.iterdir()} == {"headrace.toml", "code"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("scheduler", "-c", "none.toml"), "none.toml: cannot be read: No such file or directory"),
        (("scheduler", "-c", "."), ".: cannot be read: Is a directory"),
        (("scheduler", "--set", "listen"), "'listen' is not key=value"),
        (("scheduler", "--set", "scheduler.lisen=x"), "did you mean 'listen'"),
        (("scheduler", "--listen", "nowhere"), 'scheduler.listen: "nowhere" is not an address'),
        (("up", "--store", "mysql://x"), 'scheduler.store: "mysql://x" is not a store'),
        (("worker", "--slots", "many"), "worker.slots"),
        (("scheduler", "--store", "postgresql://h/d"), "scheduler.store: PostgreSQL is not built"),
    ],
)
def test_a_mistake_on_the_command_line_is_told(
    place: Place, words: tuple[str, ...], told: str
) -> None:
    ended = place.headrace(*words)

    assert ended.status == 1, ended
    assert told in ended.err, ended
    assert {p.name for p in place.folder.iterdir()} == {"code"}


@pytest.mark.parametrize("words", [("upp",), (), ("up", "--onec"), ("run",), ("config",)])
def test_a_command_that_is_none_ends_with_status_2(place: Place, words: tuple[str, ...]) -> None:
    assert place.headrace(*words).status == 2


@pytest.mark.parametrize("command", ["scheduler", "up"])
def test_a_port_in_use_is_told(place: Place, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place.listen = f"127.0.0.1:{taken.getsockname()[1]}"

        ended = place.headrace(command, toml=place.settings())

    assert ended.status == 1, ended
    assert f"address {place.listen} is in use" in ended.err
    assert "choose another with listen" in ended.err


def test_an_address_of_another_machine_is_told(place: Place) -> None:
    place.listen = "192.0.2.1:8082"

    ended = place.headrace("scheduler", "--insecure", toml=place.settings())

    assert ended.status == 1, ended
    assert "192.0.2.1:8082: Cannot assign requested address" in ended.err
    assert "Choose an address of this machine" in ended.err


@pytest.mark.parametrize("store", ["/proc/none", "/dev/null/state", "/dev/full"])
def test_a_store_that_cannot_be_written_is_told(place: Place, store: str) -> None:
    ended = place.headrace("scheduler", "--store", f"sqlite://{store}", toml=place.settings())

    assert ended.status == 1, ended
    assert f"store folder {store}" in ended.err, ended
    assert "must be a folder that this user may write" in ended.err, ended


@pytest.mark.parametrize("command", ["scheduler", "up"])
def test_a_second_scheduler_on_one_store_is_refused(tmp_path: Path, command: str) -> None:
    with running(tmp_path / "one", roles=("scheduler",)) as system:
        other = tmp_path / "two"
        other.mkdir()
        place = Place(other)

        ended = place.headrace(
            command, "--store", f"sqlite://{system.folder}/state", toml=place.settings()
        )

        assert ended.status == 1, ended
        assert f"is in use by process {system.processes[0].pid}" in ended.err, ended
        assert system.get("/v1/health")["version"]


def written_store(place: Place) -> Path:
    """The journal of a scheduler that was stopped."""
    place.headrace("config", "check", toml=place.settings())
    system = System(place.folder / "old")
    try:
        system.start("scheduler")
        system.post("/v1/runs", {"module": "m", "family": "T", "params": {}})
    finally:
        system.stop()
    shutil.copytree(system.folder / "state", place.folder / "state")
    return place.folder / "state"


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.glob("*.db")}


def test_a_journal_of_a_newer_version_is_left_alone(place: Place) -> None:
    store = written_store(place)
    connection = sqlite3.connect(store / "journal.db")
    with connection:
        connection.execute("UPDATE meta SET value = 99 WHERE key = 'format'")
    connection.close()
    before = files_of(store)

    ended = place.headrace("scheduler", toml=place.settings())

    assert ended.status == 1, ended
    assert "journal.db has format 99, this headrace reads up to" in ended.err, ended
    assert files_of(store) == before


def damage(path: Path) -> Iterator[bytes]:
    whole = path.read_bytes()
    yield b"no database" * 500
    yield whole[: len(whole) // 2 + 77]
    yield whole[:100] + bytes(len(whole) - 100)


@pytest.mark.parametrize("kind", range(3))
def test_a_damaged_journal_is_told_and_left_alone(place: Place, kind: int) -> None:
    store = written_store(place)
    journal = store / "journal.db"
    journal.write_bytes(list(damage(journal))[kind])
    before = journal.read_bytes()

    ended = place.headrace("scheduler", toml=place.settings())

    assert ended.status == 1, ended
    assert "journal" in ended.err, ended
    assert journal.read_bytes() == before


CODE = {
    "raises": ('raise RuntimeError("boom")\n', "RuntimeError: boom"),
    "syntax": ("def f(:\n", "SyntaxError"),
    "exits": ("import sys\nsys.exit(3)\n", "exit"),
    "nothing": (None, "ModuleNotFoundError: No module named 'nothing'"),
    "without": ("import luigi\n", "No task T"),
    "needs": (
        "import luigi\nclass T(luigi.Task):\n    n = luigi.IntParameter()\n",
        "'n' parameter",
    ),
}


def write_code(place: Place, module: str) -> str:
    text, told = CODE[module]
    if text is not None:
        (place.folder / "code" / f"{module}.py").write_text(text)
    return told


@pytest.mark.parametrize("module", CODE)
def test_run_tells_what_is_wrong_with_a_module_at_once(place: Place, module: str) -> None:
    told = write_code(place, module)

    ended = place.headrace("run", module, "T", toml=place.settings())

    assert ended.status == 35, ended
    assert told in ended.err, ended


def test_up_once_tells_what_is_wrong_with_a_module(place: Place) -> None:
    told = write_code(place, "raises")
    pipeline = '[pipelines.p]\nmodule = "raises"\ntask = "T"\nschedule = "0 * * * *"\n'
    pipeline += 'start = "2026-01-01"\ncatchup = 1\n'
    (place.folder / "headrace.toml").write_text(place.settings(pipeline))
    with (place.folder / "up.log").open("w") as log:
        up = subprocess.Popen([BINARY, "up", "--once"], cwd=place.folder, stdout=log, stderr=log)
    text = (place.folder / "up.log").read_text
    try:
        # At the first try; more follow, since a module may be put right meanwhile.
        await_that(
            "the mistake is told", lambda: f"of pipeline p cannot be planned: {told}" in text()
        )
    finally:
        up.terminate()
        assert up.wait(30) != 0


def test_run_tells_of_a_python_that_does_not_exist(place: Place) -> None:
    toml = place.settings().replace(PYTHON, "/nope/python")

    ended = place.headrace("run", "fine", "T", toml=toml)

    assert ended.status == 35, ended
    assert "/nope/python" in ended.err, ended
    assert "set [host] python to an interpreter that has luigi" in ended.err, ended


def test_run_takes_no_other_scheduler_than_the_one_named(place: Place) -> None:
    url = f"http://127.0.0.1:{free_port()}"

    ended = place.headrace("run", "fine", "T", "--scheduler-url", url, toml=place.settings())

    assert ended.status == 40, ended
    assert f"no scheduler at {url}" in ended.err, ended
