"""What a scheduler is told, at random, about tasks that fail: the same for luigid and for ours."""

from __future__ import annotations

import json
import random
from typing import Any

from server import Server

FAMILIES = ("Clicks", "Impressions", "Rép_ort")
EXPLANATIONS = (
    "Traceback (most recent call last):\n" + "".join(f"  line {n}\n" for n in range(30)) + "Boom\n",
    "ValueError: no\n\n  \n",
    "ünïcode \u2028 end\u00a0",
    "one line",
    "",
)
OWNERS: tuple[list[str], ...] = ([], ["ada@x.org"], ["ada@x.org", "bob@x.org"], ["all@x.org"])


def call(random_: random.Random) -> tuple[str, dict[str, Any]]:
    """One call: a failure that is reported, mostly."""
    family = random_.choice(FAMILIES)
    params = {"day": str(random_.randrange(3)), "zone": random_.choice("ab")}
    name = f"{family}(day={params['day']}, zone={params['zone']})"
    common = {"worker": "w", "family": family, "params": params}
    if random_.random() < 0.2:
        return "announce_scheduling_failure", {
            **common,
            "task_name": name,
            "expl": random_.choice(EXPLANATIONS),
            "owners": random_.choice(OWNERS),
        }
    return "add_task", {
        **common,
        "task_id": f"{family}_{params['day']}_{params['zone']}",
        "status": random_.choice(("FAILED", "FAILED", "FAILED", "PENDING", "DONE")),
        "expl": random_.choice((json.dumps, str))(random_.choice(EXPLANATIONS)),
        "owners": random_.choice(OWNERS),
        "retry_policy_dict": {
            "retry_count": 4,
            "disable_hard_timeout": 1_000_000,
            "disable_window": 3600,
        },
    }


def tell(server: Server, seed: int, calls: int) -> None:
    """Tells it all of the history that has this seed."""
    random_ = random.Random(seed)
    if random_.random() < 0.5:
        server.call("add_task_batcher", worker="w", task_family="Clicks", batched_args=["day"])
    for _ in range(calls):
        method, arguments = call(random_)
        server.call(method, **arguments)
