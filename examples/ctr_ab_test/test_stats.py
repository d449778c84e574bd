"""The arithmetic of the A/B test against published examples and its own edges."""

from __future__ import annotations

import pytest
from ctr import stats
from ctr.counts import Count


def test_wilson_gives_the_interval_of_newcombes_paper() -> None:
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    assert stats.wilson(Count(263, 81)) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert stats.wilson(Count(148, 15)) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert stats.wilson(Count(20, 0)) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_compare_gives_the_difference_of_newcombes_paper() -> None:
    # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10: 56/70 less 48/80.
    result = stats.compare(a=Count(80, 48), b=Count(70, 56))

    assert (result.low, result.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_equal_rates_have_no_z_and_a_p_of_one() -> None:
    result = stats.compare(Count(10_000, 46), Count(10_000, 46))

    assert (result.difference, result.z, result.p) == (0.0, 0.0, 1.0)


def test_arms_without_any_click_can_be_compared() -> None:
    assert stats.compare(Count(100, 0), Count(200, 0)).p == 1.0


def test_swapping_the_arms_turns_the_sign_only() -> None:
    a, b = Count(30_000, 130), Count(30_000, 157)
    there, back = stats.compare(a, b), stats.compare(b, a)

    assert back.z == -there.z and back.p == there.p
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


def test_a_corrected_p_is_at_most_one() -> None:
    assert stats.bonferroni(0.02, tests=3) == pytest.approx(0.06)
    assert stats.bonferroni(0.4, tests=3) == 1.0
