"""Impressions and clicks by campaign, arm and position: what every table here holds.

As CSV: campaign,arm,position,impressions,clicks, sorted by the first three; a table may have more
columns behind these.
"""

from __future__ import annotations

import collections
import csv
from collections.abc import Callable, Iterable
from typing import NamedTuple, TextIO

import luigi

COLUMNS = ("campaign", "arm", "position", "impressions", "clicks")


class Key(NamedTuple):
    campaign: str
    arm: str
    position: int  # place in the recommendation box, from 1


class Count(NamedTuple):
    impressions: int = 0
    clicks: int = 0

    @property
    def rate(self) -> float:
        return self.clicks / self.impressions


Counts = dict[Key, Count]


def merge(tables: Iterable[Counts]) -> Counts:
    total: Counts = collections.defaultdict(Count)
    for table in tables:
        for key, count in table.items():
            before = total[key]
            total[key] = Count(before.impressions + count.impressions, before.clicks + count.clicks)
    return dict(total)


def total(counts: Counts, wanted: Callable[[Key], bool]) -> Count:
    """The sum over the keys that are wanted."""
    rows = [count for key, count in counts.items() if wanted(key)]
    return Count(sum(c.impressions for c in rows), sum(c.clicks for c in rows))


def write(
    file: TextIO,
    counts: Counts,
    more_columns: tuple[str, ...] = (),
    more: Callable[[Count], tuple[str, ...]] = lambda count: (),
) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS + more_columns)
    for key, count in sorted(counts.items()):
        writer.writerow((*key, *count, *more(count)))


def read(target: luigi.LocalTarget) -> Counts:
    with target.open() as file:
        return {
            Key(row["campaign"], row["arm"], int(row["position"])): Count(
                int(row["impressions"]), int(row["clicks"])
            )
            for row in csv.DictReader(file)
        }
