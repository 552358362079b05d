"""Parameters of the mode selection problem."""

from typing import Any, Literal

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.rng import poisson_table

HIEU = "Hieu et al., arXiv 2004.02122"


def _stay(default: float, what: str) -> Any:
    return parameter(default, f"Probability that {what} stays so for another slot.", ge=0, le=1)


class ModeSelectParams(EnvParams):
    """Parameters; the defaults are the ``highway`` scenario."""

    weights: tuple[Weight, ...] = parameter(
        (1.0, 1.0, 1.0), "Weights of communication, sensing and buffer in the reward."
    )
    observation: Literal["vector", "bits", "multi_discrete", "index"] = parameter(
        "vector", "Form of the observation; 'bits' leaves the queue out.", source=HIEU
    )
    queue_capacity: int = parameter(10, "Capacity of the queue.", "packets", HIEU, ge=1, le=1000)
    arrival_mean: float = parameter(
        1.0, "Mean of the Poisson arrivals in a slot.", "packets", HIEU, ge=0, le=100
    )
    packets_good: int = parameter(
        2, "Packets sent per slot over a good channel.", "packets", ge=0, le=1000
    )
    packets_bad: int = parameter(
        1, "Packets sent per slot over a bad channel.", "packets", ge=0, le=1000
    )
    credit_empty_slots: bool = parameter(
        False, "Credit the packets that a slot could carry even when the queue holds fewer."
    )
    reward_packet: float = parameter(
        1.0, "Reward of a packet sent in a slot without an event.", ge=-1e9, le=1e9
    )
    reward_detected: float = parameter(
        5.0, "Reward of a detected event, times one plus the number of bad conditions.", "1", HIEU,
        ge=-1e9, le=1e9,
    )  # fmt: skip
    penalty_missed: float = parameter(50.0, "Penalty of a missed event.", "1", HIEU, ge=0, le=1e9)
    penalty_dropped: float = parameter(
        2.0, "Penalty of a packet lost to a full queue.", ge=0, le=1e9
    )
    event_clear: float = parameter(
        0.005, "Probability that a good condition causes an event.", "1", HIEU, ge=0, le=1
    )
    event_bad: float = parameter(
        0.05,
        "Probability that a bad road, bad weather or a moving object causes an event.",
        "1",
        HIEU,
        ge=0,
        le=1,
    )
    event_fast: float = parameter(
        0.5, "Probability that high speed causes an event (p_1^v).", "1", HIEU, ge=0, le=1
    )
    clearing: float = parameter(
        0.9, "Probability that radar clears a moving object for the next slot.", "1", HIEU, ge=0,
        le=1,
    )  # fmt: skip
    channel_stays_good: float = _stay(0.8, "a good channel")
    channel_stays_bad: float = _stay(0.6, "a bad channel")
    road_stays_good: float = _stay(0.97, "a good road")
    road_stays_bad: float = _stay(0.9, "a bad road")
    weather_stays_good: float = _stay(0.97, "good weather")
    weather_stays_bad: float = _stay(0.9, "bad weather")
    speed_stays_low: float = _stay(0.8, "a low speed")
    speed_stays_high: float = _stay(0.7, "a high speed")
    object_stays_static: float = _stay(0.8, "a static nearby object")
    object_stays_moving: float = _stay(0.6, "a moving nearby object")

    def derived(self) -> dict[str, Any]:
        """Return the cumulative distribution of the arrivals (256 covers a mean of 100)."""
        return {"arrivals": poisson_table(self.arrival_mean, 256)}
