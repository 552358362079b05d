"""Parameters of the vehicles on one channel."""

from typing import Any

import numpy as np

from isac_envs.declaration.params import Weight, parameter
from isac_envs.envs.v2x.params import ArrivalMean, ClassWeight, QueueParams

LEE_MULTI = "Lee et al., IEEE TVT 71(1), 2022, doi 10.1109/TVT.2021.3124810"


class JrcAoiMultiParams(QueueParams):
    """Parameters; the defaults are the ``persistent`` scenario."""

    weights: tuple[Weight, ...] = parameter(
        (0.002, 5.0, 1.0), "Weights of age, radar and overflow in the reward.", "1", LEE_MULTI
    )
    vehicles: int = parameter(4, "Vehicles that share the channel.", "1", LEE_MULTI, ge=2, le=64)
    class_weights: tuple[ClassWeight, ...] = parameter(
        (1.0, 2.0, 3.0), "Weight of each class in the weighted age, its urgency.", "1", LEE_MULTI,
        min_length=1, max_length=32,
    )  # fmt: skip
    arrival_means: tuple[ArrivalMean, ...] = parameter(
        (0.1, 0.1, 0.1), "Mean of the Poisson arrivals of each class in a slot, at each vehicle.",
        "packets", LEE_MULTI, min_length=1, max_length=32,
    )  # fmt: skip
    winner_misread: bool = parameter(
        False,
        "Defect of the published code: the rank of the winner among those who ask is taken for its "
        "number, so that slots are wasted and vehicles with high numbers hardly ever win.", "1",
        LEE_MULTI,
    )  # fmt: skip

    def derived(self) -> dict[str, Any]:
        """Return the tables of the base and the number of classes."""
        return {**super().derived(), "radar_action": np.int64(len(self.class_weights) + 1)}
