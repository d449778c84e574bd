"""tidy finds what it is there to find: each rule with a planted violation, and its near misses.

Violations are written in pieces ("TO" + "DO"), so that tidy does not find them in this file.
"""

from __future__ import annotations

import importlib.util
import subprocess
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

TIDY = Path(__file__).with_name("tidy")


def load() -> ModuleType:
    loader = SourceFileLoader("tidy", str(TIDY))
    spec = importlib.util.spec_from_loader("tidy", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


tidy = load()


def complaints(*files: tuple[str, str]) -> list[str]:
    return [str(c) for c in tidy.check(tidy.Repository(dict(files)))]


def source(*lines: str) -> str:
    return "\n".join(["// Purpose.", "", *lines, ""])


def one(path: str, *lines: str) -> list[str]:
    return complaints((path, source(*lines)))


BASE = ("src/base/time.h", source("#pragma once"))


def test_a_clean_file_gives_no_complaint() -> None:
    clean = source('#include "base/time.h"', "int Twice(int n) { return 2 * n; }")

    assert complaints(BASE, ("src/net/server.cc", clean)) == []


# Layers.


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("src/base/a.cc", "scheduler/types.h"),
        ("src/scheduler/a.cc", "store/store.h"),
        ("src/store/a.cc", "scheduler/scheduler.h"),
        ("src/planner/a.cc", "worker/launcher.h"),
        ("src/worker/a.cc", "engine/engine.h"),
        ("src/planner/a.cc", "scheduler/types.h"),
        ("src/aws/a.cc", "queue/embedded_queue.h"),
        ("src/cli/a.cc", "sim/clock.h"),
    ],
)
def test_an_include_that_points_up_or_aside_is_found(path: str, header: str) -> None:
    found = complaints((path, source(f'#include "{header}"')), (f"src/{header}", source()))

    module = path.split("/")[1]
    assert found == [f"{path}:3: {module} may not include {header} (layer table)"]


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("src/store/a.cc", "scheduler/records.h"),
        ("src/api/a.cc", "engine/engine.h"),
        ("src/aws/a.cc", "queue/task_queue.h"),
        ("src/cli/a.cc", "kube/launcher.h"),
    ],
)
def test_an_include_that_the_table_allows_is_not(path: str, header: str) -> None:
    assert complaints((path, source(f'#include "{header}"')), (f"src/{header}", source())) == []


def test_an_include_of_nothing_is_found() -> None:
    assert one("src/net/a.cc", '#include "base/gone.h"') == [
        "src/net/a.cc:3: base/gone.h: no such file in src/"
    ]


def test_an_include_without_its_folder_is_found() -> None:
    assert one("src/net/a.cc", '#include "server.h"') == [
        'src/net/a.cc:3: "server.h": write it from src/: "net/server.h"'
    ]


def test_a_module_without_a_layer_is_found() -> None:
    assert one("src/util/a.cc") == [
        "src/util/a.cc:1: src/util is not in the layer table of tools/tidy"
    ]


def test_a_cycle_of_folders_is_found() -> None:
    a = ("src/host/a.h", source('#include "queue/b.h"'))
    b = ("src/queue/b.h", source('#include "host/a.h"'))

    found = [c for c in complaints(a, b) if "cycle" in c]

    assert found == [
        "src/host/a.h:3: include cycle: host -> queue -> host",
        "src/queue/b.h:3: include cycle: queue -> host -> queue",
    ]


# Purpose and sizes.


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/base/a.h", "#pragma once\n"),
        ("python/headrace/a.py", "import os\n"),
        ("web/src/a.ts", "export const a = 1;\n"),
        ("scripts/a", "#!/bin/bash\nset -e\n"),
    ],
)
def test_a_file_without_its_purpose_is_found(path: str, text: str) -> None:
    assert complaints((path, text)) == [
        f"{path}:1: open the file with a comment that says what it is for"
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("python/headrace/a.py", '#!/usr/bin/env python3\n"""Purpose."""\n'),
        ("python/headrace/__init__.py", ""),
        ("web/src/a.ts", "/** Purpose. */\n"),
        ("scripts/a", "#!/bin/bash\n# Purpose.\n"),
        ("examples/a/data.csv", "1,2\n"),
    ],
)
def test_a_file_with_its_purpose_is_not(path: str, text: str) -> None:
    assert complaints((path, text)) == []


@pytest.mark.parametrize(
    ("path", "most"),
    [("src/base/a.h", 200), ("src/base/a.cc", 600), ("src/base/a_test.cc", 600)],
)
def test_a_long_file_is_found(path: str, most: int) -> None:
    fits = "// Purpose.\n" * most

    assert complaints((path, fits)) == []
    assert complaints((path, fits + "//\n")) == [
        f"{path}:{most + 1}: {most + 1} lines; at most {most}"
    ]


def test_a_wide_line_is_found() -> None:
    assert one("src/base/a.cc", "//" + "x" * 98) == []
    assert one("src/base/a.cc", "//" + "x" * 99) == ["src/base/a.cc:3: 101 columns; at most 100"]


def test_many_includes_are_found() -> None:
    assert one("src/base/a.cc", *["#include <map>"] * 15) == []
    assert one("src/base/a.cc", *["#include <map>"] * 16) == [
        "src/base/a.cc:1: 16 includes; at most 15"
    ]


@pytest.mark.parametrize(
    "head",
    [
        "void Run() {",
        "Engine::Engine(Store& store)\n    : store_(store) {",
        "TEST_F(EngineTest, Starts) {",
        "auto Get() -> Result<int> {",
        "static Outcome Do(\n    const Command& command = {}) {",
    ],
)
def test_a_long_function_is_found(head: str) -> None:
    def text(lines: int) -> str:
        body = ["  if (a) { b({1}); }"] * (lines - 2)
        return source("namespace headrace {", head, *body, "}", "}  // namespace headrace")

    assert complaints(("src/base/a.cc", text(70))) == []
    assert len(complaints(("src/base/a.cc", text(71)))) == 1


def test_a_long_class_of_short_functions_is_not() -> None:
    body = ["  int Get() const { return a_; }"] * 100

    assert one("src/base/a.h", "class Thing {", " public:", *body, "};") == []


def test_a_long_python_function_is_found() -> None:
    text = '"""Purpose."""\n\n\ndef run():\n' + "    a = 1\n" * 70

    assert complaints(("python/headrace/a.py", text)) == [
        "python/headrace/a.py:4: a function of 71 lines; at most 70"
    ]


# Tokens.


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/scheduler/a.cc", "auto now = std::chrono::system_clock::now();"),
        ("src/scheduler/a.cc", "#include <mutex>"),
        ("src/scheduler/a.cc", "std::mt19937 dice;"),
        ("src/scheduler/a.cc", "#include <fstream>"),
        ("src/scheduler/a.cc", 'spdlog::info("x");'),
        ("src/net/a.cc", 'throw std::runtime_error("x");'),
        ("src/net/a.cc", "std::cout << 1;"),
        ("src/net/a.cc", "co_await read();"),
        ("src/net/a.cc", "std::thread(f).detach();"),
        ("src/net/a.h", "using namespace std;"),
        ("src/net/a.cc", "assert(x);"),
        ("src/net/a_test.cc", "std::this_thread::sleep_for(1s);"),
        ("src/net/a_test.cc", "TEST(A, DISABLED_B);"),
    ],
)
def test_a_token_out_of_place_is_found(path: str, line: str) -> None:
    assert len(one(path, line)) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/scheduler/a_test.cc", "std::mt19937_64 random(seed);"),
        ("src/base/clock.cc", "auto now = std::chrono::system_clock::now();"),
        ("src/sdk/a.cc", 'throw std::runtime_error("x");'),
        ("src/cli/a.cc", "std::cout << 1;"),
        ("src/net/a.cc", "// we never throw; no co_await"),
        ("src/net/a.cc", 'Log("do not throw");'),
        ("src/net/a.cc", 'auto text = R"(throw "x" co_await)";'),
        ("src/net/a.cc", "constexpr int kMany = 1'000'000; static_assert(kMany > 1);"),
    ],
)
def test_a_token_in_its_place_is_not(path: str, line: str) -> None:
    assert one(path, line) == []


def test_a_python_test_that_sleeps_is_found_but_not_one_that_speaks_of_it() -> None:
    def found(line: str) -> list[str]:
        return complaints(("tests/e2e/test_a.py", f'"""Purpose."""\n\n{line}\n'))

    assert len(found("time" + ".sleep(1)")) == 1
    assert found("TASK = 'time" + ".sleep(1)'") == []


# Comments and words.


def test_unfinished_work_is_found() -> None:
    assert len(one("src/net/a.cc", "// TO" + "DO: the rest")) == 1
    assert len(complaints(("README.md", "FIX" + "ME\n"))) == 1


def test_a_silenced_check_without_a_name_is_found() -> None:
    assert len(one("src/net/a.cc", "int a;  // NO" + "LINT")) == 1
    assert one("src/net/a.cc", "int a;  // NO" + "LINT(bugprone-x): because") == []


def test_a_shared_field_without_a_word_is_found() -> None:
    assert len(one("src/net/a.h", "std::shared_ptr<Session> session;")) == 1
    assert one("src/net/a.h", "std::shared_ptr<const State> state;") == []
    assert one("src/net/a.h", "void Send(std::shared_ptr<Session> session);") == []
    assert one("src/net/a.h", "// The timer holds it too.", "std::shared_ptr<Session> s;") == []


def test_a_word_that_is_not_ours_is_found_where_it_is_not_theirs() -> None:
    word = "jo" + "b"

    assert len(one("src/engine/a.cc", f"int {word};")) == 1
    assert one("src/kube/a.cc", f"int {word};") == []


def test_a_text_that_depends_on_a_machine_is_found() -> None:
    found = complaints(
        ("README.md", "see /wo" + "rk/x\n../sha" + "red/y\nissue" + " 7\nWORKDIR ${HOME}/work/\n")
    )

    assert [c.split(":")[1] for c in found] == ["1", "2", "3"]


# Documents.


def test_a_named_path_that_is_not_there_is_found() -> None:
    there = ("src/net/server.h", source("#pragma once"))
    text = "`src/net/server.h` `net/server.h` `src/net/` `src/*/server.h` [s](src/net/server.h#a)\n"

    assert complaints(there, ("README.md", text)) == []
    assert complaints(there, ("README.md", "`src/net/gone.h`, [x](docs/gone.md)\n")) == [
        "README.md:1: names docs/gone.md: not there",
        "README.md:1: names src/net/gone.h: not there",
    ]


def test_what_is_no_path_of_ours_is_not() -> None:
    text = "`/v1/tasks` `a/b` `build/release/x` `N/A` [x](https://example.org)\n"
    text += "```\n`src/x.h`\n```\n"

    assert complaints(("README.md", text)) == []


def test_a_link_is_seen_from_its_own_folder() -> None:
    protocol = ("docs/protocol.md", "x\n")

    assert complaints(protocol, ("docs/manual/a.md", "[p](../protocol.md)\n")) == []
    assert len(complaints(protocol, ("docs/manual/a.md", "[p](protocol.md)\n"))) == 1


def test_a_decision_without_a_day_a_number_or_a_name_is_found() -> None:
    good = ("docs/decisions/0001-use-cmake.md", "# Use CMake\n2026-11-25\n")

    assert complaints(good) == []
    assert len(complaints(good, ("docs/decisions/0002-x.md", "# X\n"))) == 1
    assert len(complaints(good, ("docs/decisions/0001-y.md", "# Y\n2026-11-25\n"))) == 1
    assert len(complaints(good, ("docs/decisions/y.md", "# Y\n2026-11-25\n"))) == 1


# The program.


def test_the_program_reads_a_work_tree_and_fails_when_it_complains(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "src/net").mkdir(parents=True)
    (tmp_path / "src/net/a.cc").write_text("int a;\n")
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "build/b.cc").write_text("int b;\n")

    run = subprocess.run([TIDY, tmp_path], capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert run.stdout.splitlines()[0].startswith("src/net/a.cc:1: open the file")
    assert run.stdout.splitlines()[-1] == "tidy: 2 files, 1 complaints"


def test_no_limit_has_an_exception() -> None:
    assert tidy.EXCEPTIONS == {}
