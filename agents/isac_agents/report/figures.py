"""The figures of a report as inline SVG, readable on light and dark backgrounds.

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
from isac_agents.report.labels import write_labels
from isac_agents.report.study import Overall, Pair, front, mean_curve
from isac_agents.text import plain
from isac_envs.errors import IsacError

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
DASHES = ("-", "--", ":", "-.")
MARKERS = "osD^vP*X"
_INK = "#010203"  # placeholder for the colour of the page's text
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
        """Draw the learning curves with intervals over runs; empty if there are none."""
        found = [(each, curve) for each in world.agents if (curve := mean_curve(each))]
        if not found:
            return ""

        def draw(axes: Any) -> None:
            for agent, (steps, curve) in found:
                style = self._line(agent.name)
                label = f"{agent.name} ({len(agent.shown_curves)})"
                label += "" if agent.shown_curves[0].greedy else ", exploring"
                axes.plot(steps, curve.value, label=label, **style)
                axes.fill_between(
                    steps, curve.low, curve.high, color=style["color"], alpha=0.2, linewidth=0
                )
            lowest = min(float(curve.low.min()) for _, (_, curve) in found)
            axes.set_ylim(max(lowest, -1.0) - 0.05 if lowest < 0.0 else -0.05, None)
            _marks(axes.axhline, axes.get_ylim())
            axes.set(xlabel="environment steps", ylabel="normalised score")
            axes.xaxis.set_major_formatter(_compact)
            _legend(axes)

        return self._draw(draw, (6.4, 3.6), f"Learning curves, {world.title}")

    def pareto(self, world: World) -> str:
        """Draw all policies in the plane of the first two objectives; empty if there is one."""
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
            along = np.linspace(0, len(chain) - 1, 40 * len(chain))
            line = [np.interp(along, np.arange(len(chain)), column) for column in chain.T]
            covered = [*values, *np.transpose(line)]
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
                    covered.extend(runs)
                else:
                    axes.scatter(*point, s=30, facecolors="none", edgecolors=_INK, zorder=2)
            labels = [each.replace("_", " ") for each in names]
            axes.set(xlabel=f"{labels[0]}, per step", ylabel=f"{labels[1]}, per step")
            axes.margins(0.12)
            _legend(axes)
            pairs = zip(rows, values, strict=True)
            beside = [(row.label, point) for row, point in pairs if row.kind != "agent"]
            write_labels(axes, beside, covered, _INK, _GREY)

        return self._draw(draw, (6.4, 4.2), f"Objectives, {world.title}")

    def overall(self, agents: Sequence[Overall]) -> str:
        """Draw interquartile means with intervals."""

        def draw(axes: Any) -> None:
            for row, each in enumerate(agents):
                self._bar(axes, row, each.score, self._line(each.name)["color"])
            _marks(axes.axvline, axes.get_xlim())
            _rows(axes, [f"{each.name} ({each.runs})" for each in agents])
            axes.set(xlabel="normalised score, interquartile mean over runs (number of runs)")

        return self._draw(draw, (6.4, 1.0 + 0.32 * len(agents)), "Interquartile means")

    def profiles(self, agents: Sequence[Overall]) -> str:
        """Draw performance profiles."""

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
        """Draw probabilities of improvement; empty if no two agents share a scenario."""
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
            warnings.filterwarnings("ignore", "Glyph .* missing")  # browsers have them
            figure = self._figure(figsize=size, layout="constrained")
            draw(figure.add_subplot())
            file = io.StringIO()
            figure.savefig(file, format="svg", metadata={"Date": None})
        self._count += 1
        return _inline(file.getvalue(), f"f{self._count}-", title)


def _inline(svg: str, prefix: str, title: str) -> str:
    """Return inline SVG: ids unique on the page, and the page's colour and font."""
    svg = plain(svg[svg.index("<svg") :])
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", svg)
    svg = re.sub(r"font: ([\d.]+)px [^;\"<]*", r"font-family: inherit; font-size: \1px", svg)
    svg = svg.replace(_INK, "currentColor")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(plain(title))}" ', 1)


def _marks(line: Any, limits: tuple[float, float]) -> None:
    """Draw where random actions and the optimum lie, if within the axes."""
    for place in (0.0, 1.0):
        if limits[0] <= place <= limits[1]:
            line(place, color=_GREY, linewidth=1.2, zorder=1)


def _rows(axes: Any, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(False, axis="y")


def _legend(axes: Any) -> None:
    """Write the legend below, in as many columns as fit."""
    _, names = axes.get_legend_handles_labels()
    if names:
        widest = 5.0 * max(map(len, names)) + 46.0  # points of type, with the sample and the gaps
        columns = max(1, int(72.0 * axes.figure.get_figwidth() / widest))
        axes.figure.legend(loc="outside lower center", ncols=min(columns, 4, len(names)))


def _compact(value: float, _: int) -> str:
    """Abbreviate a number of steps to fit between two ticks."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
