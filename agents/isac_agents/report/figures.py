"""The figures of a report as SVG that stands in a page: readable on light and dark ground.

Text and axes take the colour of the page. Agents differ by colour (the palette of Okabe and Ito,
made for all kinds of colour vision) and by dash or marker.
"""

import io
import re
import warnings
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from isac_agents.report.collect import World
from isac_agents.report.study import Overall, Pair, front, mean_curve
from isac_agents.text import plain
from isac_envs.errors import IsacError

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
DASHES = ("-", "--", ":", "-.")
MARKERS = "osD^vP*X"
_INK = "#010203"  # stands for the colour of the page's text until the SVG is written
_GREY = "#8a8a8a"
_STYLE: dict[str, Any] = {
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), _INK),
    **dict.fromkeys(("xtick.color", "ytick.color", "legend.labelcolor"), _INK),
    "axes.grid": True, "grid.color": _GREY, "grid.alpha": 0.3, "grid.linewidth": 0.6,
    "axes.spines.top": False, "axes.spines.right": False, "axes.facecolor": "none",
    "figure.facecolor": "none", "legend.frameon": False, "font.size": 10, "svg.fonttype": "none",
    "legend.fontsize": 9, "svg.hashsalt": "isac", "text.parse_math": False, "text.usetex": False,
}  # fmt: skip


class Figures:
    """Draws figures with one style for each agent.

    Args:
        names: All agents of the report.

    Raises:
        IsacError: If matplotlib is not installed.
    """

    def __init__(self, names: Sequence[str]) -> None:
        try:
            import matplotlib
            from matplotlib.figure import Figure
        except ImportError:
            raise IsacError('a report needs matplotlib: pip install "isac-envs[report]"') from None
        self._rc: Any = matplotlib.rc_context
        self._figure = Figure
        self._order = {name: k for k, name in enumerate(names)}
        self._count = 0

    def curves(self, world: World) -> str:
        """Return learning curves with intervals over runs; empty if there is none."""
        found = [(each, curve) for each in world.agents if (curve := mean_curve(each))]
        if not found:
            return ""

        def draw(axes: Any) -> None:
            for agent, (steps, curve) in found:
                style = self._line(agent.name)
                axes.plot(steps, curve.value, label=f"{agent.name} ({len(agent.curves)})", **style)
                axes.fill_between(
                    steps, curve.low, curve.high, color=style["color"], alpha=0.2, linewidth=0
                )
            lowest = min(float(curve.low.min()) for _, (_, curve) in found)
            axes.set_ylim(max(lowest, -1.0) - 0.05 if lowest < 0.0 else -0.05, None)
            _marks(axes.axhline, axes.get_ylim())
            axes.set(xlabel="environment steps", ylabel="normalised score")
            axes.xaxis.set_major_formatter(_thousands)
            _legend(axes)

        return self._draw(draw, (6.4, 3.6), f"Learning curves, {world.title}")

    def pareto(self, world: World) -> str:
        """Return all policies over the first two objectives; empty if there is only one."""
        names = [each.name for each in world.model.objectives][:2]
        if len(names) < 2:
            return ""
        rows = world.comparison.rows
        signs = np.where(np.array(world.model.params.weights[:2]) < 0.0, -1.0, 1.0)
        values = np.array([[row.objectives[name] for name in names] for row in rows])
        best = front(values * signs)

        def draw(axes: Any) -> None:
            order = np.argsort(values[:, 0])
            chain = values[order][best[order]]
            axes.plot(*chain.T, color=_GREY, linewidth=1, zorder=1, label="not dominated")
            for row, point in zip(rows, values, strict=True):
                if row.kind == "agent":
                    k = self._order[row.name]
                    style = {
                        "color": PALETTE[k % len(PALETTE)],
                        "marker": MARKERS[k % len(MARKERS)],
                    }
                    axes.scatter(*point, s=55, zorder=3, label=row.name, **style)
                    runs = np.array([[run.objectives[n] for n in names] for run in row.members])
                    axes.scatter(*runs.T, s=10, alpha=0.5, zorder=2, **style)
                else:
                    axes.scatter(*point, s=30, facecolors="none", edgecolors=_INK, zorder=2)
            _annotate(axes, [(r.label, v) for r, v in zip(rows, values, strict=True)
                             if r.kind != "agent"])  # fmt: skip
            labels = [each.replace("_", " ") for each in names]
            axes.set(xlabel=f"{labels[0]}, per step", ylabel=f"{labels[1]}, per step")
            axes.margins(0.12)
            _legend(axes)

        return self._draw(draw, (6.4, 4.2), f"Objectives, {world.title}")

    def overall(self, agents: Sequence[Overall]) -> str:
        """Return interquartile means with intervals."""

        def draw(axes: Any) -> None:
            for row, each in enumerate(agents):
                self._bar(axes, row, each.score, self._line(each.name)["color"])
            _marks(axes.axvline, axes.get_xlim())
            _rows(axes, [f"{each.name} ({each.runs})" for each in agents])
            axes.set(xlabel="normalised score, interquartile mean over runs (number of runs)")

        return self._draw(draw, (6.4, 1.0 + 0.32 * len(agents)), "Interquartile means")

    def profiles(self, agents: Sequence[Overall]) -> str:
        """Return performance profiles."""

        def draw(axes: Any) -> None:
            for each in agents:
                style, profile = self._line(each.name), each.profile
                axes.plot(profile.thresholds, profile.value, label=each.name, **style)
                axes.fill_between(
                    profile.thresholds, profile.low, profile.high, color=style["color"],
                    alpha=0.15, linewidth=0,
                )  # fmt: skip
            axes.set(xlabel="normalised score", ylabel="share of runs above", ylim=(-0.02, 1.02))
            _legend(axes)

        return self._draw(draw, (6.4, 3.4), "Performance profiles")

    def pairs(self, pairs: Sequence[Pair]) -> str:
        """Return probabilities of improvement; empty if no two agents share a scenario."""
        if not pairs:
            return ""

        def draw(axes: Any) -> None:
            for row, each in enumerate(pairs):
                self._bar(axes, row, each.probability, self._line(each.better)["color"])
            axes.axvline(0.5, color=_GREY, linewidth=1)
            _rows(axes, [f"{each.better} beats {each.worse}" for each in pairs])
            axes.set(xlabel="probability of improvement", xlim=(-0.02, 1.02))

        return self._draw(draw, (6.4, 1.0 + 0.32 * len(pairs)), "Probability of improvement")

    def _line(self, name: str) -> dict[str, Any]:
        k = self._order[name]
        return {
            "color": PALETTE[k % len(PALETTE)],
            "linestyle": DASHES[k % len(DASHES)],
            "linewidth": 1.8,
        }

    def _bar(self, axes: Any, row: int, interval: Any, colour: str) -> None:
        width = interval.high - interval.low
        axes.use_sticky_edges = False
        axes.barh(row, width, left=interval.low, height=0.6, color=colour, alpha=0.35)
        axes.plot([interval.value] * 2, [row - 0.36, row + 0.36], color=colour, linewidth=2.5)

    def _draw(self, draw: Any, size: tuple[float, float], title: str) -> str:
        with self._rc(_STYLE), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # the browser has them
            figure = self._figure(figsize=size, layout="constrained")
            draw(figure.add_subplot())
            file = io.StringIO()
            figure.savefig(file, format="svg", metadata={"Date": None})
        self._count += 1
        return _inline(file.getvalue(), f"f{self._count}-", title)


def _inline(svg: str, prefix: str, title: str) -> str:
    """Return SVG that stands in a page beside others: its own ids, the page's colour and font."""
    svg = plain(svg[svg.index("<svg") :])
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", svg)
    svg = re.sub(r"font: ([\d.]+)px [^;\"<]*", r"font-family: inherit; font-size: \1px", svg)
    svg = svg.replace(_INK, "currentColor")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(plain(title))}" ', 1)


def _marks(line: Any, limits: tuple[float, float]) -> None:
    """Draw where random actions and the optimum lie, if that is within sight."""
    for place in (0.0, 1.0):
        if limits[0] <= place <= limits[1]:
            line(place, color=_GREY, linewidth=1.2, zorder=1)


def _rows(axes: Any, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(False, axis="y")


def _legend(axes: Any) -> None:
    axes.figure.legend(loc="outside lower center", ncols=4)


def _thousands(value: float, _: int) -> str:
    return f"{value:,.0f}"


def _annotate(axes: Any, points: Sequence[tuple[str, Any]]) -> None:
    """Write names beside points; points that nearly coincide share one list of names."""
    low, high = axes.dataLim.get_points()
    reach = (high - low) * (0.08, 0.06)
    groups: list[list[tuple[str, Any]]] = []
    for each in points:
        joined, apart = [each], list[list[tuple[str, Any]]]()
        for group in groups:
            if any((abs(each[1] - place) < reach).all() for _, place in group):
                joined += group
            else:
                apart.append(group)
        groups = [*apart, joined]
    for group in groups:
        names, centre = (
            [label for label, _ in group],
            np.mean([place for _, place in group], axis=0),
        )
        left = centre[0] > (low[0] + high[0]) / 2
        top = centre[1] > (low[1] + high[1]) / 2
        axes.annotate(
            "\n".join(names), centre, (-7 if left else 7, 0), textcoords="offset points",
            fontsize=8, color=_INK, ha="right" if left else "left",
            va=("top" if top else "bottom") if len(names) > 1 else "center",
        )  # fmt: skip
