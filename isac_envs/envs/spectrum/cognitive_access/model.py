"""Declaration of ``isac/CognitiveAccess-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.spectrum.cognitive_access import baselines, kernel, records
from isac_envs.envs.spectrum.cognitive_access.params import CognitiveAccessParams


class CognitiveAccess(Model):
    r"""TODO."""

    id = "isac/CognitiveAccess-v0"
    summary = "Which channel of others to sense, and for how long, to send and to range a target."
    source = (
        "Q. Zhao, B. Krishnamachari, K. Liu, IEEE Trans. Wireless Commun. 7(12), 2008, arXiv "
        "0712.0035 (channels, belief); K. Liu, Q. Zhao, IEEE Trans. Inf. Theory 56(11), 2010, arXiv "
        "0810.4658 (index, bound); Y.-C. Liang, Y. Zeng, E. C. Y. Peh, A. T. Hoang, IEEE Trans. "
        "Wireless Commun. 7(4), 2008 (detector, sensing time). The target and the numbers of "
        "'default' are our choice."
    )
    params_type = CognitiveAccessParams
    kernel: ClassVar[ModuleType] = kernel
    objectives = (
        Signal("throughput", "What arrived in the slot, over its length.", "Mbit/s"),
        Signal("ranging", "Minus the deviation of the target's range after the slot.", "m"),
        Signal("protection", "-1 if the transmission met a primary one."),
    )
    costs = (Signal("collision", "1 if the transmission met a primary one."),)
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("idle", "1 if the sensed channel was idle."),
        Signal("transmitted", "1 if the user transmitted."),
        Signal("acknowledged", "1 if its transmission arrived."),
        Signal("collided", "1 if it met a primary one."),
        Signal("contended", "1 if it met another user's in an idle channel."),
        Signal("false_alarm", "1 if an idle channel was taken for busy."),
        Signal("sensing_share", "Share of the slot that sensing took."),
        Signal("range_std_m", "Deviation of the target's range after the slot.", "m"),
        Signal("range_error_m", "Error of its estimate.", "m"),
    )
    summaries: ClassVar[tuple[Summary, ...]] = (
        Summary("success", "Slots with a transmission that arrived.", "acknowledged"),
        Summary("collisions", "Share of transmissions that met a primary one.", "collided",
                "transmitted"),
        Summary("false_alarms", "Share of idle channels taken for busy.", "false_alarm", "idle"),
        Summary("sensing_share", "Share of time for sensing.", "sensing_share"),
        Summary("range_error_m", "Error of the range, m.", "range_error_m"),
    )  # fmt: skip
    baselines = baselines.BASELINES
    reference_baseline: ClassVar[str | None] = "optimum"
    scene = "isac_envs.envs.spectrum.cognitive_access.scene:draw"

    def observation_spec(self) -> Spec:
        """Return beliefs or the last slots, then what is believed of the target."""
        p = self.params
        seen: tuple[Coordinate, ...]
        if p.observation == "belief":
            seen = (Coordinate("belief", "Probability that a channel is idle.", size=p.channels),)
        else:
            sensed = Coordinate("sensed", "1 for the channel that was sensed.", size=p.channels)
            told = Coordinate(
                "outcome", "1 for what happened: declared busy, acknowledged, met a primary "
                "transmission, met another user.", size=records.OUTCOMES,
            )  # fmt: skip
            took = Coordinate("sensing_share", "Share of the slot that sensing took.")
            each = (sensed, told, took) if p.choices > 1 else (sensed, told)
            seen = each * p.history
        target = (
            Coordinate("range_std", "Deviation of the range over `range_std_m`."),
            Coordinate("speed_std", "Deviation of the speed over `speed_std_m_s`."),
            Coordinate("correlation", "Correlation of both errors.", low=-1.0),
        )
        return Spec("box", (*seen, *(target if p.target else ()), *self.more_seen()))

    def more_seen(self) -> tuple[Coordinate, ...]:
        """Return what a user sees besides."""
        return ()

    def action_spec(self) -> Spec:
        """Return the choice of a channel and a sensing time."""
        p = self.params
        labels = tuple(f"channel {k}" for k in range(p.channels))
        if p.choices > 1:
            labels = tuple(
                f"channel {k}, {1e3 * time_s:g} ms"
                for k in range(p.channels) for time_s in p.sensing_times_s
            )  # fmt: skip
        meaning = "Channel to sense, and how long: channel by channel, time by time."
        high = float(len(labels) - 1)
        return Spec("discrete", (Coordinate("access", meaning, high=high, labels=labels),))

    def objective_bounds(self) -> tuple[tuple[float, float], ...]:
        """Return the bounds: the widest channel for a whole slot, the target anywhere."""
        p = self.params
        farthest = -p.range_std_m if p.target else 0.0
        return (0.0, float(p.capacities_mbps().max())), (farthest, 0.0), (-1.0, 0.0)

    def allocate(self, n: int) -> records.State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params, self.users)

    @property
    def users(self) -> int:
        """Number of users."""
        return 1
