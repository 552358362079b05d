"""Learns the beam of one unknown channel in 4000 interactions and writes docs/wolpertinger.md.

    python benchmarks/beam_learning.py [--seeds 3] [--channels 0 1] [--write]

Every run is what ``isac train isac/SparseArrayBeam-v0 --scenario ula_16 --agent wolpertinger``
does with the preset of the scenario. Figures are parts of the exact optimum of the channel: the
best beam played, the mean of the last 200 beams as they were played, noise of exploration
included, and the trained agent without noise on held-out first phases.
"""

import argparse
from typing import Any

import numpy as np
import tables
from beam_tracking import DOCS
from stable_baselines3.common.callbacks import BaseCallback

from isac_agents.evaluation import HELD_OUT_SEED, Evaluation, baseline, play
from isac_agents.runs import make_learner
from isac_agents.training import plan_jobs
from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.declaration.model import Model

ENVIRONMENT, SCENARIO, AGENT = "isac/SparseArrayBeam-v0", "ula_16", "wolpertinger"
LAST = 200
FORMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Wolpertinger, k = 8, `level`": ({}, {}),
    "Wolpertinger, k = 1, `level`": ({}, {"k": 1}),
    "Wolpertinger, k = 8, `sign`": ({"reward": "sign"}, {}),
}
"""Rows of learners: parameters of the environment and hyper-parameters that differ."""
FIGURES = ("best", "last", "learned")


class Gains(BaseCallback):
    """Keeps the gain over the optimum of every beam but the last of each episode; one copy."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[float] = []

    def _on_step(self) -> bool:
        environment: Any = self.model.env
        if not self.locals["dones"][0]:  # else the phases are already those of the next episode
            self.values.append(gain_of(environment.batch, environment.model))
        return True


def gain_of(batch: Any, model: Model) -> float:
    """Return the gain of the present phases of the first copy over the optimum."""
    elements, env = batch.state[1][0], batch.state[0][0]
    channel = elements["channel_re"] + 1j * elements["channel_im"]
    weights = np.exp(2j * np.pi * elements["level"] / model.params.levels)
    gain = abs(np.vdot(channel, weights)) ** 2 / len(weights)
    return float(gain / env["optimum"])


def main() -> None:
    """Learn, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--channels", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    text = "\n\n".join(section(channel, options.seeds) for channel in options.channels)
    print(text, flush=True)
    if options.write:
        tables.write("measured", text, DOCS / "wolpertinger.md")


def section(channel: int, seeds: int) -> str:
    """Return the table of one channel."""
    lines = [
        f"Channel {channel} (`channel_seed`), {seeds} seeds, lowest to highest:\n",
        f"| policy | best beam | last {LAST} beams | held-out, no noise |",
        "| --- | ---: | ---: | ---: |",
    ]
    for label, (parameters, settings) in FORMS.items():
        runs = [learn(channel, seed, parameters, settings) for seed in range(seeds)]
        cells = (spread([run[name] for run in runs]) for name in FIGURES)
        lines.append(f"| {label} | {' | '.join(cells)} |")
    model = scenarios.build(ENVIRONMENT, SCENARIO, {"channel_seed": channel})
    best = [random_search(model, seed, steps(model)) for seed in range(seeds)]
    lines.append(f"| random search | {spread(best)} | | |")
    for name in ("codebook", "rounded", "coordinate_search"):
        lines.append(f"| `{name}` | {best_played(model, name):.3f} | | {held_out(model, name)} |")
    return "\n".join(lines)


def steps(model: Model) -> int:
    """Return the interactions of the preset."""
    return int(scenarios.load(ENVIRONMENT, SCENARIO).agents[AGENT]["steps"])


def learn(
    channel: int, seed: int, parameters: dict[str, Any], settings: dict[str, Any]
) -> dict[str, float]:
    """Train one run as the command line does and return its figures."""
    overrides = {"channel_seed": channel, **parameters}
    jobs = plan_jobs(
        ENVIRONMENT, AGENT, scenario=SCENARIO, overrides=overrides, hyper_parameters=settings,
        seeds=(seed,),
    )  # fmt: skip
    record, gains = jobs[0].record, Gains()
    agent = make_learner(record)
    agent.learn(record.steps, callback=gains)
    played = play(lambda env: agent, record.model(), 64, HELD_OUT_SEED)
    return {
        "best": max(gains.values),
        "last": float(np.mean(gains.values[-LAST:])),
        "learned": gain(played),
    }


def gain(played: Evaluation) -> float:
    """Return the mean gain over the optimum of held-out episodes."""
    return float(played.totals["gain_over_optimum"].sum() / played.lengths.sum())


def held_out(model: Model, name: str) -> str:
    """Return the mean gain of a baseline on held-out episodes."""
    return f"{gain(play(baseline(model, name), model, 64, HELD_OUT_SEED)):.3f}"


def best_played(model: Model, name: str) -> float:
    """Return the best gain of a baseline in one episode, with its measurement noise."""
    env = VectorEnv(model, 1)
    env.reset(seed=HELD_OUT_SEED)
    policy = model.baselines[name](env.batch)
    rounds = range(model.params.horizon)
    return max(float(env.step(policy.act())[4]["metrics"]["gain_over_optimum"][0]) for _ in rounds)


def random_search(model: Model, seed: int, beams: int) -> float:
    """Return the best gain of as many random beams as the learner plays."""
    env = VectorEnv(model.with_parameters({"horizon": beams + 1}), 1)
    env.reset(seed=seed)
    env.action_space.seed(seed)
    return max(
        float(env.step(env.action_space.sample())[4]["metrics"]["gain_over_optimum"][0])
        for _ in range(beams)
    )


def spread(values: list[float]) -> str:
    """Return the mean with the lowest and the highest value."""
    return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    main()
