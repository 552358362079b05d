"""Spectral efficiency against transmit power: perfect tracking, learned predictor and filter.

    python benchmarks/beam_tracking.py [--scenario uav_circle] [--powers 10 20 30] [--seeds 3]
        [--steps 200000] [--jobs 2] [--episodes 500] [--out runs] [--write]

One LSTM predictor a seed is trained for all powers; then every policy plays the same held-out
episodes at each power. ``--write`` puts table and figure into docs/beam_tracking.md.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tables

from isac_agents.algorithms.forecast.beam_choice import Link
from isac_agents.evaluation import baseline, play
from isac_agents.evaluation.statistics import (
    Interval,
    interquartile_mean,
    interval_of,
    mean_interval,
)
from isac_agents.runs import load
from isac_agents.training import plan_jobs, train_all
from isac_envs import scenarios

ENVIRONMENT = "isac/BeamTrack-v0"
POWERS_DBM = {
    "uav_circle": (10.0, 15.0, 20.0, 25.0, 30.0),  # below 10 dBm nobody has 0.1 bit/s/Hz
    "hard": (-10.0, 0.0, 10.0, 20.0, 30.0),
}
DOCS = Path(__file__).resolve().parents[1] / "docs"
LSTM, LSTM_ONCE = "LSTM", "LSTM, no sweeps"
PAIRS = ((LSTM_ONCE, "ekf"), (LSTM_ONCE, "myopic"), (LSTM, "reacquire"))
NAMES = {
    "genie": "perfect knowledge",
    LSTM: "LSTM, sweeps when lost",
    LSTM_ONCE: "LSTM, never sweeps again",
    "reacquire": "EKF, sweeps when lost",
    "myopic": "EKF, myopic width",
    "ekf": "EKF, full array",
    "hold": "last measured angle",
    "codebook_sweep": "sweep every 10 slots",
}
COLOURS = {
    "genie": "#000000", LSTM: "#0072b2", LSTM_ONCE: "#56b4e9", "reacquire": "#009e73",
    "myopic": "#e69f00", "ekf": "#d55e00", "hold": "#999999", "codebook_sweep": "#cc79a7",
}  # fmt: skip
MARKERS = dict(zip(NAMES, "Po^*vsDx", strict=True))

Rates = dict[str, npt.NDArray[np.float64]]
"""Mean rate of each episode by policy: shape ``(episodes,)``, of the LSTM ``(seeds, episodes)``."""


@dataclass(frozen=True)
class Point:
    """What all policies carry at one power."""

    power_dbm: float
    rates: Rates

    def interval(self, name: str) -> Interval:
        """Return the spectral efficiency, with an interval over seeds or over episodes."""
        rates = self.rates[name]
        return interquartile_mean(rates.mean(1)) if rates.ndim == 2 else mean_interval(rates)

    def gain(self, name: str, rival: str) -> Interval:
        """Return by how much a form of the LSTM carries more than a rival, over episodes."""
        return interval_of((self.rates[name].mean(0), self.rates[rival]), _gain, 0)


def _gain(one: Any, other: Any, axis: int = -1) -> Any:
    return one.mean(axis) / other.mean(axis) - 1.0


def main() -> None:
    """Train, play, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", choices=POWERS_DBM, help="all when left out")
    parser.add_argument("--powers", type=float, nargs="+", help="in dBm")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=200_000, help="slots of a training")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--episodes", type=int, default=500)
    parser.add_argument("--out", help="folder of the runs; finished ones are not trained again")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write:
        require_matplotlib()
    for scenario in [options.scenario] if options.scenario else POWERS_DBM:
        powers = options.powers or POWERS_DBM[scenario]
        points = measure(scenario, powers, options)
        text = table(points)
        print(f"{scenario}\n\n{text}", flush=True)
        if options.write:
            tables.write(scenario, text, DOCS / "beam_tracking.md")
            plot(scenario, points, DOCS / "_static" / f"beam_tracking_{scenario}.svg")


def measure(scenario: str, powers: Sequence[float], options: argparse.Namespace) -> list[Point]:
    """Return what every policy carries at each power."""
    with tempfile.TemporaryDirectory() as temporary:
        jobs = plan_jobs(
            ENVIRONMENT, "lstm_predictor", scenario=scenario, seeds=range(options.seeds),
            steps=options.steps, hyper_parameters={"powers_dbm": list(powers)},
            out=options.out or temporary,
        )  # fmt: skip
        train_all(jobs, options.jobs)
        runs = [load(job.folder) for job in jobs]
    seconds = sum(record.cpu_seconds for record, _ in runs) / len(runs)
    print(f"{scenario}: {seconds:.0f} CPU s a training", flush=True)
    return [point(scenario, power, [agent for _, agent in runs], options) for power in powers]


def point(
    scenario: str, power_dbm: float, agents: Sequence[Any], options: argparse.Namespace
) -> Point:
    """Play all policies at one power."""
    model = scenarios.build(ENVIRONMENT, scenario, {"power_dbm": power_dbm})
    form = {"power_dbm": power_dbm, "observation": "history", "action": "pointing"}
    seen = scenarios.build(ENVIRONMENT, scenario, form)
    rates: Rates = {}
    for name in NAMES:
        if name in model.baselines:
            rates[name] = played(baseline(model, name), model, options.episodes)
    for name, reacquire in ((LSTM, True), (LSTM_ONCE, False)):
        policies = [agent.policy.at(Link.of(seen), reacquire) for agent in agents]
        each = [played(lambda env, p=p: p, seen, options.episodes) for p in policies]
        rates[name] = np.stack(each)
    return Point(power_dbm, rates)


def played(make: Any, model: Any, episodes: int) -> npt.NDArray[np.float64]:
    """Return the mean rate of each held-out episode in bit/s/Hz."""
    result = play(make, model, episodes)
    return result.totals["rate"] / result.lengths


def table(points: Sequence[Point]) -> str:
    """Return the Markdown table: a row a policy, a column a power."""
    powers = [f"{each.power_dbm:g} dBm" for each in points]
    lines = [["bit/s/Hz", *powers], ["---", *["---:"] * len(points)]]
    for name, label in NAMES.items():
        lines.append([label, *(cell(each.interval(name)) for each in points)])
    for name, rival in PAIRS:
        gains = (each.gain(name, rival) for each in points)
        cells = (f"{g.value:+.1%} ({g.low:+.1%} to {g.high:+.1%})" for g in gains)
        lines.append([f"*{NAMES[name]}* against *{NAMES[rival]}*", *cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(found: Interval) -> str:
    """Return a value with half the width of its interval."""
    return f"{found.value:.3f} ± {0.5 * (found.high - found.low):.3f}"


def require_matplotlib() -> Any:
    """Return pyplot, for files only; without it, say how to get it."""
    try:
        import matplotlib
    except ImportError:
        sys.exit('the figure needs matplotlib: pip install "isac-envs[plot]"')
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "isac-envs"  # the same file from the same numbers
    from matplotlib import pyplot

    return pyplot


def plot(scenario: str, points: Sequence[Point], path: Path) -> None:
    """Draw spectral efficiency and its share of perfect tracking against power."""
    pyplot = require_matplotlib()
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9.5, 4.0), layout="constrained")
    powers = [each.power_dbm for each in points]
    for name, label in NAMES.items():
        found = [each.interval(name) for each in points]
        top = np.array([each.rates["genie"].mean() for each in points])
        values, low, high = np.array([(f.value, f.low, f.high) for f in found]).T
        style = {"color": COLOURS[name], "marker": MARKERS[name], "markersize": 5, "label": label}
        for axes, scale in ((left, 1.0), (right, 100.0 / top)):
            axes.plot(powers, values * scale, **style)
            axes.fill_between(powers, low * scale, high * scale, color=COLOURS[name], alpha=0.2)
    left.set_ylabel("spectral efficiency in bit/s/Hz")
    right.set_ylabel("share of perfect knowledge in %")
    right.set_ylim(0.0, 105.0)
    for axes in (left, right):
        axes.set_xlabel("transmit power in dBm")
        axes.set_xticks(powers)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    left.legend(frameon=False, fontsize=8)
    figure.suptitle(f"{ENVIRONMENT}, {scenario}", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    main()
