"""The report's two pictures, as SVG.

matplotlib is imported in run() only: importing this module stays cheap for whoever keeps it loaded.
The bytes depend on the numbers and matplotlib's version alone: no date, a fixed salt for the ids,
the font that matplotlib ships (drawn as outlines), and none of the user's own matplotlibrc.
"""

from __future__ import annotations

from typing import Any, ClassVar

import luigi

from ctr.experiment import AbReport, Interval, read_json

COLOURS = {"random": "#0072B2", "bts": "#D55E00"}  # Okabe and Ito: told apart by everyone
MARKERS = {"random": "o", "bts": "s"}


class Chart(Interval):
    """Draws one picture. One at a time: a process with matplotlib takes some 100 MB."""

    resources: ClassVar = {"drawing": 1}
    picture = ""  # file name without .svg

    def requires(self) -> AbReport:
        return AbReport(start=self.start, end=self.end)

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(self.path(f"{self.picture}.svg"))

    def run(self) -> None:
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        numbers = read_json(self.input()["numbers"])
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(
                {"svg.hashsalt": "ctr", "svg.fonttype": "path", "font.family": "DejaVu Sans"}
            )
            figure = Figure(figsize=(8, 4), layout="constrained")
            FigureCanvasSVG(figure)
            axes = figure.add_subplot()
            self.draw(axes, numbers)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(frameon=False)
            with self.output().temporary_path() as path:
                figure.savefig(path, format="svg", metadata={"Date": None})

    def draw(self, axes: Any, numbers: dict[str, Any]) -> None:
        raise NotImplementedError


class DayChart(Chart):
    """The rate of both arms day by day."""

    picture = "days"

    def draw(self, axes: Any, numbers: dict[str, Any]) -> None:
        days = numbers["days"]
        for arm, shift in ((numbers["control"], -0.08), (numbers["treatment"], 0.08)):
            xs = [x + shift for x in range(len(days))]
            shares, errors = _percent([day[arm] for day in days])
            axes.errorbar(xs, shares, yerr=errors, label=arm, capsize=3, **_style(arm))
        axes.set_xticks(range(len(days)), [day["date"][5:] for day in days])
        axes.set_ylim(bottom=0)
        axes.set_ylabel("click-through rate, %")
        axes.set_title("Click-through rate by day, all campaigns (Wilson 95% intervals)")


class CampaignChart(Chart):
    """The rate of both arms by campaign, and over all of them."""

    picture = "campaigns"

    def draw(self, axes: Any, numbers: dict[str, Any]) -> None:
        tests = [*numbers["campaigns"], numbers["together"]]
        for arm, shift in ((numbers["control"], 0.12), (numbers["treatment"], -0.12)):
            ys = [y + shift for y in range(len(tests))]
            shares, errors = _percent([test[arm] for test in tests])
            axes.errorbar(
                shares, ys, xerr=errors, label=arm, capsize=3, linestyle="none", **_style(arm)
            )
        axes.set_yticks(range(len(tests)), [_label(test) for test in tests])
        axes.set_ylim(-0.5, len(tests) - 0.5)
        axes.set_xlim(left=0)
        axes.set_xlabel("click-through rate, %")
        axes.set_title("Click-through rate by campaign (Wilson 95% intervals)")


def _percent(arms: list[list[float]]) -> tuple[list[float], tuple[list[float], list[float]]]:
    """Rates, and how far their intervals reach below and above, in percent."""
    shares = [100 * share for _, _, share, _, _ in arms]
    below = [100 * (share - low) for _, _, share, low, _ in arms]
    above = [100 * (high - share) for _, _, share, _, high in arms]
    return shares, (below, above)


def _style(arm: str) -> dict[str, Any]:
    return {"color": COLOURS.get(arm), "marker": MARKERS.get(arm, "o")}


def _label(test: dict[str, Any]) -> str:
    if test["campaign"] is None:
        return f"all together\np = {test['p']:.3f}"
    return f"{test['campaign']}\ncorrected p = {test['p_corrected']:.3f}"
