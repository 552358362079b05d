"""Parameters that the vehicles of this family share: conditions, events, packets and ages."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.rng import poisson_table
from isac_envs.kernels.numerics import portable

HIEU = "Hieu et al., arXiv 2004.02122"
LEE = "Lee et al., IEEE IV 2021, doi 10.1109/IV48863.2021.9575131"

ClassWeight = Annotated[float, Field(ge=0, le=1e6)]
ArrivalMean = Annotated[float, Field(ge=0, le=100)]


def stay(default: float, what: str) -> Any:
    """Declare the probability that a two-state chain stays where it is."""
    return parameter(default, f"Probability that {what} stays so for another slot.", ge=0, le=1)


class ConditionParams(EnvParams):
    """Driving conditions, the events that they cause, and what an event costs."""

    weights: tuple[Weight, ...] = parameter(
        (0.002, 9.0, 1.0), "Weights of age, radar and overflow in the reward.", "1", LEE
    )
    event_exponent: float = parameter(
        1.0,
        "Exponent c of the probability exp(-c (4 - bad)) of an event, with the number of bad "
        "conditions.", "1", LEE, ge=0, le=100,
    )  # fmt: skip
    penalty_clear: float = parameter(
        1.0, "Penalty of a missed event beyond the number of bad conditions.", ge=0, le=1e6
    )
    clearing: float = parameter(
        0.9, "Probability that radar clears a moving object for the next slot.", "1", HIEU, ge=0,
        le=1,
    )  # fmt: skip
    road_stays_good: float = stay(0.97, "a good road")
    road_stays_bad: float = stay(0.9, "a bad road")
    weather_stays_good: float = stay(0.97, "good weather")
    weather_stays_bad: float = stay(0.9, "bad weather")
    speed_stays_low: float = stay(0.8, "a low speed")
    speed_stays_high: float = stay(0.7, "a high speed")
    object_stays_static: float = stay(0.8, "a static nearby object")
    object_stays_moving: float = stay(0.6, "a moving nearby object")

    def derived(self) -> dict[str, Any]:
        """Return the probability of an event by the number of bad conditions, shape ``(5,)``."""
        return {"event_probability": portable.exp(-self.event_exponent * (4.0 - np.arange(5)))}


class QueueParams(ConditionParams):
    """A queue of packets of several classes beside the conditions."""

    observation: Literal["packets", "classes"] = parameter(
        "packets", "Age and class of each packet in the queue; or features of each class."
    )
    class_weights: tuple[ClassWeight, ...] = parameter(
        (1.0, 2.0, 3.0, 4.0, 5.0), "Weight of each class in the weighted age, its urgency.", "1",
        LEE, min_length=1, max_length=32,
    )  # fmt: skip
    arrival_means: tuple[ArrivalMean, ...] = parameter(
        (0.2, 0.2, 0.2, 0.2, 0.2), "Mean of the Poisson arrivals of each class in a slot.",
        "packets", LEE, min_length=1, max_length=32,
    )  # fmt: skip
    queue_capacity: int = parameter(11, "Capacity of the queue.", "packets", LEE, ge=1, le=1000)
    max_age: int = parameter(
        100, "Largest age of a packet; an older one is removed.", "slots", LEE, ge=0, le=10**9
    )
    age_scale: float = parameter(
        10.0, "Ages are observed as age / (age + scale).", "slots", interface=True, ge=1e-3, le=1e9
    )
    overflow_counts_leaving: bool = parameter(
        False,
        "Defect of the published code: packets that leave in a slot still count when the overflow "
        "of that slot is penalised.", "1", LEE,
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_rate_for_each_class(self) -> "QueueParams":
        if len(self.arrival_means) != len(self.class_weights):
            raise ValueError(
                f"parameter arrival_means = {self.arrival_means}: needs one mean for each of the "
                f"{len(self.class_weights)} classes of class_weights"
            )
        return self

    def derived(self) -> dict[str, Any]:
        """Return event probabilities, laws ``(K, 256)`` of arrivals, weights over the largest."""
        arrivals = np.stack([poisson_table(mean, 256) for mean in self.arrival_means])
        weights = np.array(self.class_weights) / (max(self.class_weights) or 1.0)
        return {**super().derived(), "arrivals": arrivals, "relative_weights": weights}
