"""The arithmetic of the A/B test. Pure functions, standard library only.

Sources: Wilson (1927) for the interval of a rate; Newcombe (1998), method 10, for the interval of a
difference; the two-proportion z test with the pooled variance; Bonferroni for several tests.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ctr.counts import Count

Z_95 = 1.959963984540054  # two-sided 95%
Z_POWER_80 = 0.8416212335729143
ALPHA = 0.05


class Comparison(NamedTuple):
    """Arm `b` against arm `a`."""

    difference: float  # rate of b less rate of a
    low: float  # Newcombe's 95% interval of the difference
    high: float
    z: float
    p: float  # two-sided, not corrected


def wilson(count: Count) -> tuple[float, float]:
    """The 95% interval of a rate."""
    n, p, z = count.impressions, count.rate, Z_95
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return (centre - spread) / scale, (centre + spread) / scale


def compare(a: Count, b: Count) -> Comparison:
    difference = b.rate - a.rate
    a_low, a_high = wilson(a)
    b_low, b_high = wilson(b)
    low = difference - math.hypot(b.rate - b_low, a_high - a.rate)
    high = difference + math.hypot(b_high - b.rate, a.rate - a_low)

    pooled = (a.clicks + b.clicks) / (a.impressions + b.impressions)
    variance = pooled * (1 - pooled) * (1 / a.impressions + 1 / b.impressions)
    z = difference / math.sqrt(variance) if variance > 0 else 0.0
    return Comparison(difference, low, high, z, math.erfc(abs(z) / math.sqrt(2)))


def bonferroni(p: float, tests: int) -> float:
    """The p value of one of `tests` tests, to be held against ALPHA."""
    return min(1.0, p * tests)


def detectable(a: Count, b: Count) -> float:
    """The smallest difference of rates that a test at ALPHA sees four times in five."""
    pooled = (a.clicks + b.clicks) / (a.impressions + b.impressions)
    variance = pooled * (1 - pooled) * (1 / a.impressions + 1 / b.impressions)
    return (Z_95 + Z_POWER_80) * math.sqrt(variance)
