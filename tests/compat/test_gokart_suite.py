"""gokart's own tests (of its source archive), with their tasks run through `headrace scheduler`:
all of them pass, as they do with Luigi's own scheduler in the process.
"""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from server import ROOT, Headrace

SOURCES = ROOT / "build/gokart-suite/gokart-1.12.2"
PYTHON = ROOT / "build/venv-gokart/bin/python"
# As a scheduler that lives for one build: the suite asks for the same tasks again within seconds.
LUIGI_CFG = "[scheduler]\nstable_done_cooldown_secs = 0\n[resources]\ncpus = 16\nmemory = 64\n"
PASSING = 310  # with Luigi's scheduler in the process


def test_gokarts_own_tests_pass_through_our_scheduler(tmp_path: Path) -> None:
    server = Headrace(tmp_path / "server", LUIGI_CFG)
    server.start()
    results, calls = tmp_path / "results.xml", tmp_path / "calls.tsv"

    ended = subprocess.run(
        [
            *(PYTHON, "-m", "pytest", "-q", "--tb=short", "--timeout", "120"),
            *("-c", "/dev/null", "--rootdir", SOURCES, "-p", "no:cacheprovider"),
            *("-o", "junit_family=xunit1", f"--junit-xml={results}", "test"),
        ],
        cwd=SOURCES,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith(("LUIGI_", "PYTEST_"))},
            "PYTHONPATH": str(Path(__file__).parent / "gokart_suite"),
            "NO_PROXY": "127.0.0.1,localhost",
            "HEADRACE_SUITE_URL": server.url,
            "HEADRACE_SUITE_LOG": str(calls),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
    )
    server.stop()

    assert ended.returncode == 0, ended.stdout[-20000:]
    cases = list(ElementTree.parse(results).iter("testcase"))
    passed = [c for c in cases if not any(p.tag in ("failure", "error", "skipped") for p in c)]
    assert len(passed) >= PASSING, ended.stdout[-3000:]
    lines = [line.split("\t") for line in calls.read_text().splitlines()]
    assert len({test for test, _, _ in lines}) >= 19  # those that run tasks at all
    assert {outcome for _, _, outcome in lines} == {"ok"}
