"""Luigi's own tests (of its source archive), with our scheduler behind every Scheduler() they make.

luigi_suite/passing.txt names the tests that pass with Luigi's own scheduler behind the same plugin
(luigi_suite/luigi_over_http.py): each must pass with ours. What is not in it reads the insides of
Luigi's scheduler or patches its mailer, which no process on the other end of a socket can give.
"""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path

import pytest
from server import BINARY, ROOT

SUITE = Path(__file__).parent / "luigi_suite"
SOURCES = ROOT / "build/luigi-suite/luigi-3.8.1"
PYTHON = ROOT / "build/venv-luigi-suite/bin/python"
# Only these of server_test: its others serve Luigi's own scheduler from the test's process.
SERVER_TESTS = ["INETProcessServerTest", "INETURLLibServerTest"]


def expected() -> dict[str, list[str]]:
    """Module → the names that must pass, as "module.Class::test_name"."""
    names = defaultdict(list)
    for name in (SUITE / "passing.txt").read_text().split():
        names[name.split(".")[0]].append(name)
    return dict(names)


EXPECTED = expected()
LARGE = {"scheduler_api_test", "worker_test", "execution_summary_test"}


def arguments(module: str) -> list[str]:
    file = f"test/{module}.py"
    if module == "server_test":
        return [f"{file}::{name}" for name in SERVER_TESTS]
    return [file]


def node(name: str) -> str:
    """`worker_test.AssistantTest::test_x` as pytest is asked for it."""
    module, _, rest = name.partition(".")
    return f"test/{module}.py::{rest}"


def run(tests: list[str], folder: Path) -> tuple[set[str], str]:
    """The names that passed, and what pytest said."""
    folder.mkdir()
    results = folder / "results.xml"
    environment = {
        **os.environ,
        "HEADRACE_BINARY": str(BINARY),
        "HEADRACE_SUITE_FOLDER": str(folder),
        "PYTHONPATH": f"{SOURCES}/test:{SUITE}",
        "PYTHONWARNINGS": "ignore",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    for name in ("LUIGI_CONFIG_PARSER", "PYTEST_XDIST_WORKER", "http_proxy", "HTTP_PROXY"):
        environment.pop(name, None)
    command = [str(PYTHON), "-W", "ignore", "-m", "pytest", "-q", "--tb=short", "-c", "/dev/null"]
    command += ["--rootdir", str(SOURCES), "-p", "no:cacheprovider", "-p", "luigi_over_http"]
    command += ["-o", "addopts=", "-o", "junit_family=xunit1", f"--junit-xml={results}"]
    command += ["--timeout", "90", "--timeout-method=signal"]
    # A minute of Python's own scheduler; ours is timed in bench/.
    for slow in ("test_get_work_speed", "test_quadratic_behavior"):
        command += ["--deselect", f"test/scheduler_api_test.py::SchedulerApiTest::{slow}"]

    ended = subprocess.run(
        [*command, *tests],
        cwd=SOURCES,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert results.exists(), ended.stdout[-4000:]
    passed = {
        f"{case.get('classname', '').removeprefix('test.')}::{case.get('name')}"
        for case in ElementTree.parse(results).iter("testcase")
        if not any(part.tag in ("failure", "error", "skipped") for part in case)
    }
    return passed, ended.stdout[-20000:]


@pytest.mark.timeout(1300)
@pytest.mark.parametrize("module", sorted(EXPECTED, key=lambda name: (name not in LARGE, name)))
def test_luigis_own_tests_pass(module: str, tmp_path: Path) -> None:
    passed, output = run(arguments(module), tmp_path / "all")
    missing = [name for name in EXPECTED[module] if name not in passed]
    if missing:  # some of Luigi's tests give themselves a second: on a busy machine that is short
        passed, more = run([node(name) for name in missing], tmp_path / "again")
        output += more
        missing = [name for name in missing if name not in passed]

    assert not missing, "\n".join([output, "these have to pass:", *missing])
