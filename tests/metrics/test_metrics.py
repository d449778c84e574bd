"""/metrics: read by Prometheus' own parser, and for Luigi's names compared with luigid's."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from server import Headrace, Luigid, Server

LUIGI_CFG = """
[scheduler]
metrics_collector = prometheus
retry_count = 2
retry_delay = 1000
stable_done_cooldown_secs = 0

[prometheus]
task_parameters_to_use_in_labels = ["zone"]
"""


def metrics(server: Server) -> str:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        return str(answer.read().decode())


def families(text: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def work(server: Server) -> None:
    """Runs a few tasks, as a Luigi worker would."""
    for number, (family, zone, ends) in enumerate(
        [
            ("Clicks", "a", ["DONE"]),
            ("Clicks", 'b"\\\n', ["DONE"]),
            ("Views", "a", ["FAILED"]),
            ("Views", "b", ["FAILED", "FAILED"]),
            ("Old", None, ["DONE"]),
        ]
    ):
        params = {"day": str(number)} | ({"zone": zone} if zone is not None else {})
        task = {"worker": "w", "task_id": f"{family}_{number}", "family": family, "params": params}
        for end in ends:
            server.call("add_task", **task, status="PENDING")
            if end == ends[0]:
                server.call("get_work", worker="w", host="vm")
            server.call("add_task", **task, status=end, expl='"why"')


def comparable(text: str) -> list[tuple[str, str, str, Any]]:
    """Luigi's metrics without what a clock says."""
    return sorted(
        (
            family.name,
            family.type,
            family.documentation,
            sorted(
                (
                    sample.name,
                    sorted(sample.labels.items()),
                    sample.value if "seconds" not in sample.name else sample.value >= 0,
                )
                for sample in family.samples
                if not sample.name.endswith("_created")
            ),
        )
        for family in text_string_to_metric_families(text)
        if family.name.startswith("luigi_") and not family.name.endswith("_created")
    )


def test_luigis_metrics_are_those_of_luigid(tmp_path: Path) -> None:
    texts = []
    for make in (Luigid, Headrace):
        server = make(tmp_path / make.__name__, LUIGI_CFG)
        server.start()
        try:
            work(server)
            texts.append(metrics(server))
        finally:
            server.stop()

    theirs, ours = map(comparable, texts)
    assert len(theirs) == 5
    assert ours == theirs


def test_own_metrics_are_parsed_and_bounded(tmp_path: Path) -> None:
    config = "[scheduler]\nmetrics_collector = prometheus\n"
    server = Headrace(tmp_path / "server", config)
    server.folder.mkdir(exist_ok=True)
    (server.folder / "headrace.toml").write_text(
        f'[scheduler]\nlisten = "127.0.0.1:{server.port}"\nstore = "sqlite://{server.folder}"\n'
        "[prometheus]\nlabel_sets_max = 3\n"
    )
    server.start()
    try:
        for number in range(10):
            server.call(
                "add_task", worker="w", task_id=f"F{number}", family=f"F{number}", status="DONE"
            )
        text = metrics(server)
    finally:
        server.stop()

    ended = {
        dict(labels)["family"]: value
        for (name, labels), value in samples(text).items()
        if name == "headrace_tasks_ended_total"
    }
    assert ended == {"F0": 1, "F1": 1, "F2": 1, "other": 7}
    commits = families(text)["headrace_commit_seconds"]
    assert commits.type == "histogram"
    buckets = [sample.value for sample in commits.samples if sample.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == samples(text)[("headrace_commit_seconds_count", frozenset())] > 0
    for name in ("headrace_tasks", "headrace_engine_commands_waiting", "headrace_pool_slots"):
        assert name in families(text), name
