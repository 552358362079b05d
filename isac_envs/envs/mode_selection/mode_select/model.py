"""Declaration of ``isac/ModeSelect-v0``."""

from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.envs.mode_selection.mode_select import baselines, kernel
from isac_envs.envs.mode_selection.mode_select.exact import transition_model
from isac_envs.envs.mode_selection.mode_select.params import ModeSelectParams
from isac_envs.planning import FiniteMdp

_CONDITIONS = (
    ("channel", "Channel of the communication link.", ("good", "bad")),
    ("road", "State of the road.", ("good", "bad")),
    ("weather", "State of the weather.", ("good", "bad")),
    ("speed", "Speed of the vehicle itself.", ("low", "high")),
    ("object", "Nearby object.", ("static", "moving")),
)


class ModeSelect(Model):
    r"""A vehicle uses one waveform either to communicate or as a radar.

    In each slot the vehicle sends packets from a queue or looks for hazards. Unexpected events are
    more likely the worse road, weather, speed and the nearby object are. An event during
    communication is missed and costs dearly; one in radar mode is detected and pays. The event is
    decided on the state before the transition:

    1. Events have independent causes: $1 - P(E) = \prod_x (1 - p_x)$ over road, weather, speed and
       object, with one value of $p_x$ for good and one for bad conditions.
    2. Communication sends $\min(\mathrm{queue}, n)$ packets, with $n$ either ``packets_good`` or
       ``packets_bad``. Each pays ``reward_packet`` when no event happens. Radar sends none.
    3. Arrivals are Poisson. Packets above the capacity are dropped at ``penalty_dropped`` each.
    4. A detected event pays ``reward_detected`` $\cdot (b + 1)$ with $b$ the number of bad
       conditions. A missed one costs ``penalty_missed``.
    5. Channel, road, weather, speed and object are independent two-state chains, with one
       exception: radar next to a moving object makes the vehicle slow down, and clears the object
       with probability ``clearing``.

    The published model (scenario ``hieu2020``) ignores the queue in its reward and forgets its
    conditions within two slots. Its optimum is the myopic rule "communicate only if everything is
    good". In the default scenario conditions persist and only waiting packets pay, so planning
    pays: the optimum is 15 % above the best threshold rule. It is still easy: ``queue_aware``, a
    rule on queue, channel and conditions together, comes within 2 % of it. Measured by how far the
    best heuristic gets from random (0) to optimal (1) in an episode, ``highway`` and ``storm`` are
    solved (0.995 and 1.000), and ``urban`` and ``light`` nearly so (0.951 and 0.952). The benchmark
    is ``rush_hour``: no heuristic here passes 0.670, and a rule that was fitted to it
    (``examples/custom_agent.py``) reaches 0.889.
    """

    id = "isac/ModeSelect-v0"
    summary = "Radar or communication mode of an autonomous vehicle, slot by slot."
    source = (
        "N. Q. Hieu, D. T. Hoang, N. C. Luong, D. Niyato, 'iRDRC: An intelligent real-time "
        "dual-functional radar-communication system for automotive vehicles', arXiv 2004.02122; "
        "persistent conditions and the queue-aware reward are our choice."
    )
    default_scenario = "highway"
    params_type = ModeSelectParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = kernel.STATE_FIELDS
    objectives = (
        Signal("communication", "Reward of the packets sent in a slot without an event."),
        Signal("sensing", "Reward of a detected event, or the penalty of a missed one."),
        Signal("buffer", "Penalty of packets lost to a full queue."),
    )
    costs = (Signal("missed", "1 if an event happened while communicating."),)
    metrics = (
        Signal("event", "1 if an unexpected event happened."),
        Signal("missed", "1 if it happened while communicating."),
        Signal("detected", "1 if it happened in radar mode."),
        Signal("packets_sent", "Packets credited to the slot.", "packets"),
        Signal("packets_dropped", "Packets lost to a full queue.", "packets"),
        Signal("backlog", "Packets in the queue after the slot.", "packets"),
        Signal(
            "bad_conditions",
            "Number of bad conditions before the slot: road, weather, speed, object.",
        ),
        Signal("event_probability", "Probability of an event in the slot."),
        Signal("radar", "1 in radar mode."),
    )
    baselines = baselines.BASELINES
    reference_baseline = "optimum"
    scene = "isac_envs.envs.mode_selection.mode_select.scene:draw"
    finite = True
    summaries = (
        Summary("miss_probability", "Share of the events that were missed.", "missed", "event"),
        Summary("throughput", "Packets sent per slot.", "packets_sent"),
        Summary("radar_share", "Share of the slots in radar mode.", "radar"),
    )

    def observation_spec(self) -> Spec:
        """Return the observation in the form that the parameters ask for."""
        form = self.params.observation
        capacity = self.params.queue_capacity
        if form == "index":
            meaning = "Index of the state: queue, then the five bits, in row-major order."
            return Spec("discrete", (Coordinate("state", meaning, high=32.0 * (capacity + 1) - 1),))
        vector = form == "vector"
        bits = tuple(
            Coordinate(name, _scaled(meaning, labels, vector), "1", -1.0 if vector else 0.0, 1.0,
                       labels)
            for name, meaning, labels in _CONDITIONS
        )  # fmt: skip
        if form == "bits":
            return Spec("multi_binary", bits)
        if vector:
            queue = Coordinate("queue", "Packets waiting, from empty (-1) to full (1).", low=-1.0)
            return Spec("box", (queue, *bits))
        queue = Coordinate("queue", "Packets waiting.", "packets", high=capacity)
        return Spec("multi_discrete", (queue, *bits))

    def action_spec(self) -> Spec:
        """Return the choice between the two modes."""
        labels = ("communicate", "radar")
        return Spec("discrete", (Coordinate("mode", "Use of the slot.", labels=labels),))

    def transition_model(self) -> FiniteMdp:
        """Return the exact finite MDP with ``32 * (queue_capacity + 1)`` states."""
        return transition_model(self.params)

    def state_index(self, state: State) -> npt.NDArray[np.int64]:
        """Return the index of each copy's state, shape ``(n,)``."""
        env: Any = state[0]
        index = env["queue"].copy()
        for name, _, _ in _CONDITIONS:
            index = index * 2 + env[name]
        return np.asarray(index, np.int64)

    def all_states(self) -> State:
        """Return one copy in each state."""
        shape = (self.params.queue_capacity + 1, *(2,) * len(_CONDITIONS))
        values = np.indices(shape).reshape(len(shape), -1)
        state = self.allocate(values.shape[1])
        names = ("queue", *(name for name, _, _ in _CONDITIONS))
        for name, value in zip(names, values, strict=True):
            state[0][name] = value
        return state


def _scaled(meaning: str, labels: tuple[str, ...], vector: bool) -> str:
    low, high = (-1, 1) if vector else (0, 1)
    return f"{meaning} {low} = {labels[0]}, {high} = {labels[1]}."
