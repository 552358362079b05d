"""A hunt for cheap improvements of the policies that score 1 without being an optimum or a bound.

What anybody would try first is tried here: other constants, other baselines, constant actions, and
one step of a rollout. Every policy plays the same episodes; a win is a mean difference above three
standard errors and above 1 % of the way from random actions to the reference.

The default suite plays a few episodes of the default scenarios. All scenarios, with more of
everything: ``pytest -m slow tests/test_best_known.py``, or ``python tests/test_best_known.py
[PART OF AN ID OR SCENARIO]``, which prints every attempt.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.catalog import OWN, model_class
from isac_envs.declaration.model import Model
from isac_envs.declaration.trial import Trial

Make = Callable[[Trial], Any]
WIN_SHARE, WIN_ERRORS = 0.01, 3.0
FEW_ACTIONS = 32
SHORT = 100  # steps; such episodes are played to their end
SEED, DREAM_SEED = 2_000_000_000, 3_000_000_000

SCORED = [name for name in sorted(OWN) if model_class(name).reference_baseline is not None]
BEST_KNOWN = [
    name for name in SCORED
    if model_class(name).baselines[model_class(name).reference_baseline].kind == "best_known"
]  # fmt: skip
SHARED = (  # the plans of their single forms
    "isac/RisIsacMulti-v0",
    "isac/UavAllocMulti-v0",
    "isac/VcpsViewMulti-v0",
)
DEFAULTS = [
    (name, model_class(name).default_scenario) for name in BEST_KNOWN if name not in SHARED
]  # fmt: skip
EVERYTHING = [(name, scenario) for name in BEST_KNOWN for scenario in scenarios.names(name)]


def occupancy(state: Any, drawn: Any) -> None:
    """Draw which channels are idle, by what the user believes of them."""
    state.channels["idle"] = drawn(state.channels.shape) < state.beliefs["idle"][:, 0]


HIDDEN: dict[str, Callable[[Any, Any], None]] = {"isac/CognitiveAccess-v0": occupancy}
"""Draws anew, from the law that an agent knows, what no agent sees: a rollout must not know it."""


@dataclass(frozen=True)
class Effort:
    """How much of everything is tried."""

    episodes: int
    steps: int  # of each, unless its horizon is so short that energy has to last for it
    factors: tuple[float, ...]
    constant_actions: int
    dreaming: int  # episodes with rollouts, and their steps
    dream_steps: int
    mutants: int  # random changes of a joint action among the candidates of a rollout
    futures: int
    depth: int


QUICK = Effort(12, 30, (0.5, 2.0), 3, 4, 6, 2, 2, 3)
THOROUGH = Effort(100, 400, (0.25, 0.5, 0.7, 1.4, 2.0, 4.0), 20, 16, 100, 10, 16, 12)


def play(model: Model, make: Make, episodes: int, steps: int) -> Any:
    """Return the mean reward per step of each episode."""
    trial = Trial(model, episodes)
    policy = make(trial)
    trial.start(SEED + np.arange(episodes))
    steps = min(steps, model.params.horizon)
    return sum(trial.step(policy.act()) for _ in range(steps)) / steps


def changed(make: Make, name: str, value: float) -> Make:
    """Return the maker of a policy with another constant."""

    def made(trial: Trial) -> Any:
        policy = make(trial)
        setattr(policy, name, value)
        return policy

    return made


def other_constants(model: Model, make: Make, effort: Effort) -> Iterator[tuple[str, Make]]:
    """Yield the policy with each constant changed; what is 0 becomes something."""
    policy = make(Trial(model, 1))
    for name in policy.constants:
        value = getattr(policy, name)
        values = {value * factor if value else factor for factor in effort.factors}
        if isinstance(value, int):
            values = {max(1, round(each)) for each in values} - {value}
        for each in sorted(values):
            yield f"{name} = {each:g}", changed(make, name, each)


def few_actions(model: Model) -> int:
    """Return the number of actions, 0 where it is not small."""
    spec = model.action
    few = len(model.agents) == 1 and spec.kind == "discrete" and spec.high[0] < FEW_ACTIONS
    return int(spec.high[0]) + 1 if few else 0


class Constant:
    """One action for ever, drawn from the action space."""

    def __init__(self, trial: Trial, number: int) -> None:
        spec, agents = trial.model.action, len(trial.model.agents)
        random = np.random.default_rng(number)
        if spec.kind == "box":
            drawn = random.uniform(spec.low, spec.high, (agents, spec.width))
        else:
            drawn = random.integers(0, spec.high.astype(int) + 1, (agents, spec.width))
        if few_actions(trial.model):
            drawn[...] = number
        self.actions = np.repeat(drawn[None], trial.n, 0)

    def act(self) -> Any:
        return self.actions


def constant_actions(model: Model, effort: Effort) -> Iterator[tuple[str, Make]]:
    """Yield constant actions: all where they are few, else some."""
    count = few_actions(model) or effort.constant_actions
    for number in range(count):
        yield f"constant {number}", lambda trial, number=number: Constant(trial, number)


class Rollout:
    """Tries actions on copies with other random numbers, follows the reference, takes the best.

    The candidates: what the reference and the other baselines do; and all actions where they are
    few, otherwise what the reference does with one coordinate drawn anew.
    """

    def __init__(self, trial: Trial, make: Make, effort: Effort) -> None:
        model = trial.model
        self.trial, self.effort, self.model = trial, effort, model
        self.policy = make(trial)
        self.others = [
            each(trial) for name, each in model.baselines.items()
            if each.kind == "heuristic" and name != model.reference_baseline
        ]  # fmt: skip
        self.random = np.random.default_rng(0)
        self.all = few_actions(model) > 0
        self.number = few_actions(model) or effort.mutants
        self.candidates = 1 + len(self.others) + self.number
        count = trial.n * self.candidates * effort.futures
        self.dream = Trial(model, count)
        self.dreamer = make(self.dream)
        self.copies = np.repeat(np.arange(trial.n), self.candidates * effort.futures)
        self.seeds = np.tile(np.arange(effort.futures), trial.n * self.candidates)
        self.time = 0

    def options(self) -> Any:
        """Return the candidates of every copy, shape ``(n, C, A, W)``."""
        agents, spec = len(self.model.agents), self.model.action
        shape = (self.trial.n, agents, spec.width)
        base = np.reshape(self.policy.act(), shape)
        rows = [base, *(np.reshape(each.act(), shape) for each in self.others)]
        for number in range(self.number):
            row = base.copy()
            if self.all:
                row[...] = number
            else:
                n = self.trial.n
                who = self.random.integers(0, agents, n)
                what = self.random.integers(0, spec.width, n)
                share = self.random.random(n)
                width, whole = spec.high[what] - spec.low[what], spec.kind != "box"
                drawn = spec.low[what] + share * (width + whole)
                row[np.arange(n), who, what] = np.floor(drawn) if whole else drawn
            rows.append(row)
        return np.stack(rows, 1)

    def alike(self, drawn: Any, shape: tuple[int, ...]) -> Any:
        """Return uniform numbers for the copies of a dream, the same ones for each candidate."""
        futures = drawn((self.trial.n, 1, self.effort.futures, *shape[1:]))
        wide = (self.trial.n, self.candidates, self.effort.futures, *shape[1:])
        return np.broadcast_to(futures, wide).reshape(shape)

    def act(self) -> Any:
        options, effort = self.options(), self.effort
        self.dream.take(self.trial.state, self.copies)
        if self.model.id in HIDDEN:  # the same for all candidates, so that these can be compared
            drawn = np.random.default_rng(DREAM_SEED + self.time).random
            HIDDEN[self.model.id](self.dream.state, lambda shape: self.alike(drawn, shape))
        self.dream.reseed(DREAM_SEED + self.time * effort.futures + self.seeds)
        total = self.dream.step(np.repeat(options, effort.futures, 1))
        self.time += 1
        for _ in range(min(effort.depth, self.model.params.horizon - self.time)):
            total = total + self.dream.step(self.dreamer.act())
        worth = total.reshape(self.trial.n, self.candidates, effort.futures).mean(2)
        return options[np.arange(self.trial.n), worth.argmax(1)]


def attempts(model: Model, effort: Effort) -> Iterator[tuple[str, Make]]:
    """Yield what is tried against the reference but a rollout."""
    name = model.reference_baseline
    yield from other_constants(model, model.baselines[name], effort)
    for label, each in model.baselines.items():
        if label not in (name, "random") and each.kind != "genie":
            yield label, each
    yield from constant_actions(model, effort)


def hunt(name: str, scenario: str, effort: Effort) -> Iterator[tuple[str, float, float]]:
    """Yield for each attempt what it gains on the scale of scores, and the standard error."""
    model = scenarios.build(name, scenario, {})
    make = model.baselines[model.reference_baseline]
    size = effort.episodes, effort.steps
    if model.params.horizon <= SHORT:
        size = max(4, effort.episodes // 3), model.params.horizon
    reference = play(model, make, *size)
    scale = reference.mean() - play(model, model.baselines["random"], *size).mean()
    for label, each in attempts(model, effort):
        yield label, *gain(play(model, each, *size) - reference, scale)
    size = effort.dreaming, effort.dream_steps
    dreamt = play(model, lambda trial: Rollout(trial, make, effort), *size)
    yield "rollout", *gain(dreamt - play(model, make, *size), scale)


def gain(differences: Any, scale: float) -> tuple[float, float]:
    """Return mean and standard error of paired differences on the scale of scores."""
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return differences.mean() / scale, error / scale


def wins(name: str, scenario: str, effort: Effort) -> list[str]:
    """Return the attempts that beat the reference."""
    return [
        f"{label}: {gained:+.4f} +- {error:.4f}"
        for label, gained, error in hunt(name, scenario, effort)
        if gained > max(WIN_SHARE, WIN_ERRORS * error)
    ]


@pytest.mark.parametrize(("name", "scenario"), DEFAULTS)
def test_nothing_cheap_beats_the_best_known_policy(name: str, scenario: str) -> None:
    assert not wins(name, scenario, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scenario"), EVERYTHING)
def test_nothing_beats_the_best_known_policy(name: str, scenario: str) -> None:
    """About an hour: ``pytest -m slow tests/test_best_known.py``."""
    assert not wins(name, scenario, THOROUGH)


def test_the_hunt_finds_a_weak_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference that is no better than a heuristic is beaten by the others."""
    model = model_class("isac/JrcAoi-v0")
    weak = type("Weak", (model.baselines["round_robin"],), {"kind": "best_known"})
    monkeypatch.setattr(model, "baselines", {"weak": weak, **model.baselines})
    monkeypatch.setattr(model, "reference_baseline", "weak")
    found = wins("isac/JrcAoi-v0", "persistent", QUICK)
    assert "optimum" in {each.partition(":")[0] for each in found}


if __name__ == "__main__":
    quick = "--quick" in sys.argv
    words = [each for each in sys.argv[1:] if not each.startswith("--")]
    for case in EVERYTHING:
        if all(word in "/".join(case) for word in words):
            print(*case, flush=True)
            for label, gained, error in hunt(*case, QUICK if quick else THOROUGH):
                mark = " WINS" if gained > max(WIN_SHARE, WIN_ERRORS * error) else ""
                print(f"  {label:30s} {gained:+.4f} +- {error:.4f}{mark}", flush=True)
