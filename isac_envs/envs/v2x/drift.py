"""Drift plus penalty: what a slot is worth that sends packets of a class, and one with radar.

After stochastic network optimisation (Neely, Morgan and Claypool, 2010): the drift of the weighted
ages is traded against the penalty of a missed event. The rule has five constants, which are tuned
to the parameters of an environment in trials; with ``PLANNER`` it maximises the expected reward of
the present slot.
"""

import functools
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.baseline import Baseline, HasState, Kind
from isac_envs.declaration.trial import tune
from isac_envs.engine.jit import Record, inlined
from isac_envs.envs.v2x.conditions import bad_conditions
from isac_envs.envs.v2x.packets import Vehicle
from isac_envs.envs.v2x.queue_view import spare_overflow

SLOTS, PACKETS, PACKET_AGE, OVERFLOW, CLEARING = range(5)
"""Places of the constants: for how many slots a delivery counts; how much a further packet counts
over the first; which share of the last packet's age the delivery leaves; weight of spared overflow;
weight of the penalty that radar spares in the next slot."""

DRIFT = {"slots": 12.0, "packets": 1.0, "packet_age": 0.0, "overflow": 0.0, "clearing": 0.0}
PLANNER = {"slots": 1.0, "packets": 0.0, "packet_age": 1.0, "overflow": 1.0, "clearing": 0.0}
BETWEEN = {"slots": 20.0, "packets": 1.0, "packet_age": 0.6, "overflow": 0.3, "clearing": 0.6}
"""Constants to start from."""

MOVES = {
    "slots": lambda slots: tuple(slots * f for f in (0.25, 0.5, 0.7, 0.85, 1.2, 1.4, 2.0, 4.0)),
    "packet_age": lambda _: (0.0, 0.3, 0.6, 0.8, 1.0),
    "packets": lambda _: (0.0, 0.5, 1.0),
    "overflow": lambda _: (0.0, 0.3, 1.0, 2.0),
    "clearing": lambda _: (0.0, 0.3, 0.6, 1.0, 1.5),
}
"""Values to try for each of the constants."""


class Rule(NamedTuple):
    """What a choice is made with.

    Attributes:
        lost: Overflow that can be spared, by the packets that are left, shape ``(Q + 1,)``.
        weights: Weights of the objectives, shape ``(3,)``.
        constants: Shape ``(5,)``.
    """

    lost: Any
    weights: Any
    constants: Any


@inlined
def worth_of_sending(
    p: Record, vehicle: Vehicle, level: int, most: int, now: int, rule: Rule
) -> float:
    """Return the worth of a slot for packets of a class if no event happens; 0 if none waits.

    Args:
        p: Parameters.
        vehicle: The vehicle.
        level: The class, 1..K.
        most: Packets that the slot can carry.
        now: Number of the slot.
        rule: What the choice is made with.
    """
    packets, backlog, constants = vehicle.packets, vehicle.record.backlog, rule.constants
    sent, last = 0, 0
    for k in range(backlog):
        if sent < most and packets[k].level == level:
            sent += 1
            last = now - packets[k].born
    younger = vehicle.streams[level - 1].age - constants[PACKET_AGE] * last
    spared = rule.lost[backlog] - rule.lost[backlog - sent]
    counted = 1.0 + constants[PACKETS] * (sent - 1.0) if sent > 0 else 0.0
    pressure = rule.weights[0] * p.class_weights[level - 1] * counted * younger
    return constants[SLOTS] * pressure + constants[OVERFLOW] * rule.weights[2] * spared


@inlined
def risk(p: Record, bad: int, weights: Any) -> float:
    """Return the expected penalty of a slot without radar.

    Args:
        p: Parameters of the environment, one record.
        bad: Number of bad conditions, 0..4.
        weights: Weights of the objectives, shape ``(3,)``.
    """
    return weights[1] * p.event_probability[bad] * (p.penalty_clear + bad)


@inlined
def worth_of_radar(p: Record, vehicle: Record, rule: Rule) -> float:
    """Return the penalty that radar spares, now and by what it clears for the next slot.

    Args:
        p: Parameters of the environment, one record.
        vehicle: The vehicle.
        rule: What the choice is made with.
    """
    bad = bad_conditions(vehicle)
    cleared = vehicle.object * (1 + vehicle.speed)
    later = risk(p, bad, rule.weights) - risk(p, bad - cleared, rule.weights)
    return risk(p, bad, rule.weights) + rule.constants[CLEARING] * later


@inlined
def best_use(p: Record, vehicle: Vehicle, most: int, now: int, rule: Rule) -> tuple[float, int]:
    """Return the largest worth of a slot, and its class, 0 for radar, which wins a tie.

    Args:
        p: Parameters.
        vehicle: The vehicle.
        most: Packets that the slot can carry.
        now: Number of the slot.
        rule: What the choice is made with.
    """
    best, level = worth_of_radar(p, vehicle.record, rule), 0
    quiet = 1.0 - p.event_probability[bad_conditions(vehicle.record)]
    for k in range(vehicle.streams.shape[0]):
        worth = quiet * worth_of_sending(p, vehicle, k + 1, most, now, rule)
        if worth > best:
            best, level = worth, k + 1
    return best, level


@functools.lru_cache(maxsize=256)
def _tuned(rule: Any, model: Any, params: Any) -> dict[str, float]:
    starts = (DRIFT, PLANNER, BETWEEN)
    moves = {name: MOVES[name] for name in rule.constants}
    return tune(model(params), lambda trial: rule(trial, tuned=False), starts, moves)


class DriftRule(Baseline):
    """Base of the rule's baselines.

    Args:
        batch: What the policy acts in.
        seed: Not needed.
        tuned: Choose the constants by trials; otherwise they are :data:`DRIFT`.

    Attributes:
        choose: Compiled loop that writes into actions ``(n, A)``, of zeros, from the parameters,
            the state of a batch, ``lost``, ``weights`` and constants ``(n, 5)``.
    """

    kind: ClassVar[Kind] = "best_known"
    constants = tuple(MOVES)
    choose: ClassVar[Callable[..., None]]

    def __init__(self, batch: HasState, seed: int = 0, tuned: bool = True) -> None:
        super().__init__(batch, seed)
        rule: Any = type(self)
        model: Any = type(self.model)
        found = _tuned(rule, model, self.params) if tuned else DRIFT
        for name, value in found.items():
            setattr(self, name, value)
        self.lost = spare_overflow(self.params)
        self.weights = np.array(self.params.weights)
        self._row = np.zeros((len(self.env), len(DRIFT)))

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all copies."""
        for k, name in enumerate(DRIFT):
            self._row[:, k] = getattr(self, name)
        actions = np.zeros((len(self.env), len(self.model.agents)), np.int64)
        self.choose(
            self.params.record, self.batch.state, self.lost, self.weights, self._row, actions
        )
        return actions if actions.shape[1] > 1 else actions[:, 0]
