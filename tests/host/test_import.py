"""What imports do to a zygote: failures, threads, connections, files, configuration, calendar."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from task_host import PIPELINES, StartHost, alive


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ("import_raises", "RuntimeError"),
        ("import_exits", "SystemExit"),
        ("no_such_module", "ModuleNotFoundError"),
    ],
)
def test_failed_import_is_told_with_its_traceback(start: StartHost, module: str, kind: str) -> None:
    host = start(module)

    assert (host.ready["ev"], host.ready["error"]["type"]) == ("import_error", kind)
    assert "Traceback" in host.ready["error"]["traceback"]
    assert host.event() == {"ev": "eof", "returncode": 3}


def test_syntax_error_is_told_with_its_line(start: StartHost, tmp_path: Path) -> None:
    (tmp_path / "bad_syntax.py").write_text("def f(:\n")
    host = start("bad_syntax", path=[tmp_path])

    assert host.ready["error"]["type"] == "SyntaxError"
    assert 'bad_syntax.py", line 1' in host.ready["error"]["traceback"]


def test_interpreter_that_dies_says_nothing_but_its_log(start: StartHost) -> None:
    host = start("import_aborts")

    assert host.ready == {"ev": "eof", "returncode": -signal.SIGABRT}
    assert "about to abort" in host.log()


def test_threads_at_import_make_forking_unsafe_and_a_fresh_interpreter_works(
    start: StartHost,
) -> None:
    host = start("thread_at_import")
    assert host.ready["threads"] == ["metrics-flusher"]
    assert "metrics-flusher" in host.ready["fork_unsafe"]

    assert host.run("thread_at_import", "UsesLock").status == "FAILED"

    fresh = start("thread_at_import").run_fresh("thread_at_import", "UsesLock")
    assert (fresh.status, fresh.exited) == ("DONE", {"code": 0})


def test_pool_at_import_makes_forking_unsafe(start: StartHost) -> None:
    host = start("pool_at_import")

    assert len(host.ready["threads"]) >= 4
    assert host.ready["fork_unsafe"]


def test_stream_sockets_at_import_make_forking_unsafe_datagrams_do_not(start: StartHost) -> None:
    host = start("connection_at_import")
    assert host.ready["fork_unsafe"].count("socket:[") == 2

    host = start("datagram_at_import")
    assert len(host.ready["open_fds"]) == 1
    assert host.ready["fork_unsafe"] == ""


def test_process_started_at_import_is_no_orphan(start: StartHost) -> None:
    host = start("child_at_import")
    for _ in range(2):
        helper = int(host.run("child_at_import", "PrintsHelper").out)
        assert alive(helper)

    host.close()
    os.kill(helper, signal.SIGKILL)


def test_fresh_interpreter_runs_exit_handlers_of_its_imports(start: StartHost, data: Path) -> None:
    (data / "atexit.txt").unlink(missing_ok=True)

    attempt = start("temporary").run_fresh("temporary", "T")

    assert attempt.status == "DONE"
    assert (data / "atexit.txt").read_text().split() == [str(attempt.pid)]


def test_what_was_made_at_import_belongs_to_the_zygote(start: StartHost, data: Path) -> None:
    (data / "atexit.txt").unlink(missing_ok=True)
    host = start("temporary")

    attempts = [host.run("temporary", "T") for _ in range(2)]

    for attempt in attempts:
        assert b"folder exists True\n" in attempt.out
        assert b"hello from %d\n" % attempt.pid in attempt.out
    lines = (data / "module_file.txt").read_text().split("\n")
    assert lines == ["header", *(f"from {attempt.pid}" for attempt in attempts), ""]
    assert not (data / "atexit.txt").exists()
    host.close()
    assert (data / "atexit.txt").read_text().split() == [str(host.process.pid)]


def test_what_imports_print_is_printed_once_and_not_by_tasks(start: StartHost) -> None:
    host = start("printing")

    assert host.run("printing", "P").out == b"in run\n"
    assert host.log().count("printed at import") == 1


def test_luigi_logs_once_a_line_and_at_the_level_asked_for(start: StartHost) -> None:
    attempt = start("basic").run("basic", "Noop")
    lines = attempt.err.decode().splitlines()
    assert [line for line in lines if " running " in line and f"[pid {attempt.pid}]" in line]
    assert len([line for line in lines if " done " in line]) == 1

    assert start("basic", options=["--log-level=ERROR"]).run("basic", "Noop").err == b""


def test_default_that_looks_like_now_is_found_and_ends_the_hour(start: StartHost) -> None:
    ready = start("now_defaults").ready

    assert [found[1] for found in ready["now_defaults"]] == ["date", "hour", "yesterday"]
    assert 0 < ready["valid_until"] / 1e3 - time.time() <= 3600
    assert start("basic").ready["valid_until"] / 1e3 - time.time() <= 86400


def test_configuration_is_the_working_directorys(start: StartHost) -> None:
    host = start("config", cwd=PIPELINES / "cfg_a")
    files = {path: size for path, _, size in host.ready["files"]}
    assert files[str(PIPELINES / "cfg_a/luigi.cfg")] > 0
    assert files[str(PIPELINES / "cfg_a/luigi.toml")] == -1
    assert str(PIPELINES / "config.py") in files
    assert not any("site-packages" in path for path in files)

    attempt = host.run("config", "C", env={"HOST_TEST_E": "late"})
    assert attempt.out == b"A fromA late\n"

    named = {"LUIGI_CONFIG_PATH": str(PIPELINES / "cfg_b/luigi.cfg"), "HOST_TEST_E": ""}
    assert start("config", env=named).run("config", "C").out == b"B fromB \n"


def test_task_process_context_of_luigi_cfg_is_entered(start: StartHost, tmp_path: Path) -> None:
    (tmp_path / "luigi.cfg").write_text("[worker]\ntask_process_context=context.Context\n")

    attempt = start("basic", cwd=tmp_path).run("basic", "Noop")

    assert attempt.out == b"context enter\ncontext exit None\n"


def test_unscoped_namespace_and_ambiguous_families_are_told(start: StartHost) -> None:
    assert start("namespace_a").ready["unscoped_namespace"] == "teamA"
    assert start("basic").ready["unscoped_namespace"] is None
    assert start("two_names").ready["ambiguous"] == ["Other"]


def test_relative_imports_work(start: StartHost) -> None:
    assert start("pkg.mod").run("pkg.mod", "R").out == b"relative ok\n"


def test_events_with_handlers_are_told(start: StartHost) -> None:
    assert "event.core.timeout" in start("basic").ready["event_handlers"]


def test_session_sees_a_new_zygotes_code_only(start: StartHost, tmp_path: Path) -> None:
    source = tmp_path / "changing.py"
    text = "import luigi\nclass X(luigi.WrapperTask):\n    priority = {}\n"
    source.write_text(text.format(1))
    before = start("changing", path=[tmp_path])
    source.write_text(text.format(22))
    after = start("changing", path=[tmp_path])

    for host, priority in ((before, 1), (after, 22)):
        with host.session() as session:
            assert session.describe("changing", "X")["priority"] == priority
    assert before.ready["files"] != after.ready["files"]
