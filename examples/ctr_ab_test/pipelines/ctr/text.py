"""The report in words: numbers in, Markdown out. Every sentence follows from the numbers."""

from __future__ import annotations

import datetime
from typing import Any

from ctr.stats import ALPHA

Numbers = dict[str, Any]  # as AbReport makes them

QUESTION = """\
{start} to {last}. Does Thompson sampling (`{treatment}`) bring more clicks than items drawn at
random (`{control}`)?
"""

METHOD = """\
z: two-proportion z test, pooled variance, two-sided. In brackets: 95% intervals, Wilson's for a
rate, Newcombe's for a difference. p corrected: Bonferroni, p times {tests}, the number of campaigns
tested; the test of all together is the main question and stands alone. A campaign that is called
`all` shows items of every kind; it is not the sum of the others.
"""

CAVEATS = """\
## What these numbers cannot say

- The unit is the impression: the log has no visitors and no sessions. The items of one box are
  seen by one visitor at one moment, and here they count as independent. If they are not, the
  intervals are too narrow and the p values too small.
- The rows are a sample: the data's authors drew {per_arm} for each arm and campaign, so
  "all together" weighs the campaigns equally, and not as the shop's traffic does.
- Not significant is not "no difference". With {impressions} impressions an arm, this test sees a
  difference of {detectable} points four times in five; a smaller one would mostly go unseen.
- This is one shop in one span of time. Another week can look different.
"""


def report(numbers: Numbers) -> str:
    last = datetime.date.fromisoformat(numbers["end"]) - datetime.timedelta(days=1)
    parts = [
        f"# Click-through rate, `{numbers['treatment']}` against `{numbers['control']}`",
        QUESTION.format(**numbers, last=last),
        verdict(numbers),
        "## The test",
        test_table(numbers),
        METHOD.format(tests=len(numbers["campaigns"])),
        "![rates by campaign](campaigns.svg)",
        "## By day",
        rate_table(numbers, "date", numbers["days"]),
        "![rates by day](days.svg)",
        "## By position in the box",
        rate_table(numbers, "position", numbers["positions"]),
        caveats(numbers),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def verdict(numbers: Numbers) -> str:
    together = numbers["together"]
    tests = len(numbers["campaigns"])
    first = (
        f"**All campaigns together: {points(together['difference'])} points, "
        f"p = {together['p']:.3f}: {_significant(together['p'])}.**"
    )
    best = min(numbers["campaigns"], key=lambda test: test["p"])
    second = (
        f"Of the {tests} campaigns, `{best['campaign']}` has the smallest p, {best['p']:.3f}. "
        f"With {tests} campaigns tested the limit for each is {ALPHA / tests:.4f} (corrected p = "
        f"{best['p_corrected']:.3f} against {ALPHA:g}): {_significant(best['p_corrected'])}."
    )
    if best["p"] < ALPHA <= best["p_corrected"]:
        second += (
            " Looked at alone it would have passed for a finding. It is not one: it is a question "
            "for the next log."
        )
    return f"{first} {second}"


def test_table(numbers: Numbers) -> str:
    control, treatment = numbers["control"], numbers["treatment"]
    lines = [
        f"| campaign | {control} | {treatment} | difference, points | z | p | p corrected |",
        "|---|---|---|---|---|---|---|",
    ]
    for test in [numbers["together"], *numbers["campaigns"]]:
        name = "**all together**" if test["campaign"] is None else f"`{test['campaign']}`"
        corrected = f"{test['p_corrected']:.3f}" if "p_corrected" in test else "–"
        difference = f"{points(test['difference'])} [{points(test['low'])}, {points(test['high'])}]"
        lines.append(
            f"| {name} | {rate(test[control])} | {rate(test[treatment])} | {difference} "
            f"| {_rounded(test['z'], 2)} | {test['p']:.3f} | {corrected} |"
        )
    return "\n".join(lines)


def rate_table(numbers: Numbers, label: str, rows: list[Numbers]) -> str:
    control, treatment = numbers["control"], numbers["treatment"]
    lines = [f"| {label} | {control} | {treatment} |", "|---|---|---|"]
    lines += [f"| {row[label]} | {rate(row[control])} | {rate(row[treatment])} |" for row in rows]
    return "\n".join(lines)


def caveats(numbers: Numbers) -> str:
    together = numbers["together"]
    arms = (numbers["control"], numbers["treatment"])
    sizes = {f"{test[arm][0]:,}" for test in numbers["campaigns"] for arm in arms}
    return CAVEATS.format(
        per_arm=f"{sizes.pop()} rows" if len(sizes) == 1 else "about as many rows",
        impressions=f"{min(together[arm][0] for arm in arms):,}",
        detectable=f"{100 * together['detectable']:.2f}",
    )


def rate(arm: list[float]) -> str:
    impressions, clicks, share, low, high = arm
    return f"{clicks}/{impressions} = {100 * share:.3f}% [{100 * low:.3f}, {100 * high:.3f}]"


def points(share: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return _rounded(100 * share, 3, sign="+")


def _rounded(value: float, digits: int, sign: str = "") -> str:
    rounded = round(value, digits)
    return f"{rounded if rounded != 0 else 0.0:{sign if rounded != 0 else ''}.{digits}f}"


def _significant(p: float) -> str:
    return "significant" if p < ALPHA else "not significant"
