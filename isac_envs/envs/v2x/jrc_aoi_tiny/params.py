"""Parameters of the vehicle that senses or sends fresh packets."""

from typing import Literal

from isac_envs.declaration.params import Weight, parameter
from isac_envs.envs.v2x.params import ClassWeight, ConditionParams, stay


class JrcAoiTinyParams(ConditionParams):
    """Parameters; the defaults are the ``persistent`` scenario."""

    weights: tuple[Weight, ...] = parameter((0.02, 1.0), "Weights of age and radar in the reward.")
    observation: Literal["vector", "index"] = parameter("vector", "Form of the observation.")
    class_weights: tuple[ClassWeight, ...] = parameter(
        (1.0, 2.0), "Weight of each class in the weighted age.", min_length=1, max_length=32
    )
    age_cap: int = parameter(
        15, "Largest age; older information counts the same.", "slots", ge=1, le=10**6
    )
    age_scale: float = parameter(
        5.0, "Ages are observed as age / (age + scale).", "slots", interface=True, ge=1e-3, le=1e9
    )
    success_good: float = parameter(
        0.95, "Probability that a packet arrives over a good channel.", ge=0, le=1
    )
    success_bad: float = parameter(
        0.6, "Probability that a packet arrives over a bad channel.", ge=0, le=1
    )
    channel_stays_good: float = stay(0.8, "a good channel")
    channel_stays_bad: float = stay(0.6, "a bad channel")
