"""Makes src/base/testdata/cron_golden.txt: ticks of random cron expressions in four zones.

croniter says at which local times an expression matches (on naive datetimes: it has rules of its
own for daylight saving); zoneinfo says when these local times are; and the rules for skipped and
repeated times are those that base/cron.h documents, written down here once more. Needs croniter.

    python tests/cron/golden.py > src/base/testdata/cron_golden.txt
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

SEED = 20260301
CASES = 1800
TICKS = 12
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

# Where something happens: a day around a change of clocks.
CHANGES = {
    "UTC": [datetime(2026, 2, 27), datetime(2028, 2, 28)],
    "Europe/Berlin": [datetime(2026, 3, 28), datetime(2026, 10, 24)],
    "America/New_York": [datetime(2026, 3, 7), datetime(2026, 10, 31)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4), datetime(2026, 10, 3)],
}


def random_field(rng: random.Random, low: int, high: int, names: list[str] | None = None) -> str:
    def value(number: int) -> str:
        if names and rng.random() < 0.5:
            return names[number - low].upper() if rng.random() < 0.3 else names[number - low]
        return str(number)

    def item() -> str:
        kind = rng.random()
        if kind < 0.5:
            return value(rng.randint(low, high))
        if kind < 0.8:
            first, last = rng.sample(range(low, high + 1), 2)
            if first > last:  # wraps: without a step, in which croniter errs
                return f"{value(first)}-{value(last)}"
            step = f"/{rng.randint(1, 9)}" if rng.random() < 0.4 else ""
            return f"{value(first)}-{value(last)}{step}"
        if kind < 0.9:
            return f"{rng.randint(low, high - 1)}/{rng.randint(1, 9)}"
        return f"*/{rng.randint(1, max(2, (high - low) // 2))}"

    return ",".join(item() for _ in range(rng.choice([1, 1, 1, 2, 3])))


def random_expression(rng: random.Random) -> str:
    def star_or(text: str, chance: float) -> str:
        return "*" if rng.random() < chance else text

    minute = star_or(random_field(rng, 0, 59), 0.15)
    hour = star_or(rng.choice([random_field(rng, 0, 23), random_field(rng, 0, 4)]), 0.3)
    day = star_or(rng.choice([random_field(rng, 1, 31), random_field(rng, 1, 31), "L"]), 0.6)
    month = star_or(random_field(rng, 1, 12, MONTHS), 0.7)
    weekday = star_or(random_field(rng, 0, 6, WEEKDAYS), 0.6)
    if day == "*" and rng.random() < 0.1:
        weekday = rng.choice(["5#2", "mon#1", "L0", "sat#5", "l4", "tue#3,thu#3"])
    second = " " + random_field(rng, 0, 59) if rng.random() < 0.1 else ""
    return f"{minute} {hour} {day} {month} {weekday}{second}"


def is_complete(expression: str) -> bool:
    """A day field lists everything: to croniter that is *, if there is a * in the other one."""
    expanded, _ = croniter.expand(expression)
    texts = expression.split()
    return any(expanded[i] == ["*"] and texts[i] != "*" for i in (2, 4))


def follows_hours(expression: str) -> bool:
    minute, hour = expression.split()[:2]
    return minute.startswith("*") or hour.startswith("*")


def instants(local: datetime, zone: ZoneInfo, follows: bool) -> list[datetime]:
    """When a matching local time ticks."""
    found = []
    for fold in (0, 1):
        instant = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == local and instant not in found:
            found.append(instant)
    if found:
        return found if follows else found[:1]
    if follows:
        return []
    # Skipped: the first instant at which clocks show something later.
    instant = local.replace(tzinfo=zone, fold=1).astimezone(UTC) - timedelta(hours=3)
    instant = instant.replace(second=0)
    while instant.astimezone(zone).replace(tzinfo=None) < local:
        instant += timedelta(minutes=1)
    return [instant]


def ticks(expression: str, zone: ZoneInfo, after: datetime) -> list[datetime]:
    follows = follows_hours(expression)
    start = after.astimezone(zone).replace(tzinfo=None) - timedelta(days=2)
    # Local times come in order, their instants nearly so: when the matches are hours past the last
    # of the first TICKS, these are settled.
    found: set[datetime] = set()
    last_local: datetime | None = None
    matches = croniter(expression, start, ret_type=datetime)
    while True:
        local = matches.get_next()
        if last_local and local > last_local + timedelta(hours=6):
            return sorted(found)[:TICKS]
        for instant in instants(local, zone, follows):
            if instant > after:
                found.add(instant)
        if not last_local and len(found) >= TICKS + 5:
            last_local = local


def main() -> None:
    rng = random.Random(SEED)
    print("# zone|expression|after|ticks: seconds since 1970, made by tests/cron/golden.py")
    made = 0
    while made < CASES:
        expression = random_expression(rng)
        name = rng.choice(ZONES)
        local = rng.choice(CHANGES[name]) + timedelta(minutes=rng.randint(0, 2 * 1440))
        after = local.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
        try:
            if is_complete(expression):
                continue
            found = ticks(expression, ZoneInfo(name), after)
        except ValueError as error:  # never happens
            print(f"{expression}: {error}", file=sys.stderr)
            continue
        numbers = " ".join(str(int(tick.timestamp())) for tick in found)
        print(f"{name}|{expression}|{int(after.timestamp())}|{numbers}")
        made += 1


if __name__ == "__main__":
    main()
