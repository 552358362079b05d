"""Parameters of ``isac/SmartRoad-v0``."""

from typing import Any, Literal

import numpy as np

from isac_envs.declaration.params import parameter
from isac_envs.envs.edges.params import RoadParams
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.radar.detection import detection_threshold, swerling_1_single_pulse

MOST_CELLS = 64
MOST_VEHICLES = 100.0  # on a road, as its radar tells
_HIGHEST_SNR = 1e8


class SmartRoadParams(RoadParams):
    """Parameters; the defaults are the ``default`` scenario."""

    observation: Literal["flat", "planes"] = parameter(
        "flat", "What a vehicle sees: numbers about itself and its roads, or maps of the grid."
    )
    vehicles: int = parameter(40, "Vehicles, each an agent.", ge=1, le=128)
    sensing: Literal["radar", "noisy"] = parameter(
        "radar", "How congestion is known: counted by radars, or with errors of a normal law."
    )
    prediction_std: float = parameter(
        0.5, "Standard deviation of the predicted number of vehicles with 'noisy'.", "vehicles",
        ge=0, le=20,
    )  # fmt: skip
    radar_snr_db: float = parameter(
        10.0, "SNR of the echo of a vehicle at the far end of a road, integrated.", "dB",
        ge=-20, le=60,
    )  # fmt: skip
    false_alarm_probability: float = parameter(
        1e-3, "Probability that an empty range cell is taken for a vehicle.", ge=1e-9, le=0.5
    )
    redraw_probability: float = parameter(
        0.05, "Probability that the background of a road changes in a step.", ge=0, le=1
    )

    @property
    def cells(self) -> int:
        """Number of range cells on a road."""
        cell_m = SPEED_OF_LIGHT_M_S / (2.0 * self.bandwidth_hz)
        return max(1, int(np.ceil(self.road_length_m / cell_m - 1e-9)))

    def detection(self) -> Any:
        """Return the probabilities of detecting a vehicle in each range cell."""
        places = (np.arange(self.cells) + 0.5) / self.cells  # shares of the road
        square = places * places
        snr = float(portable.db_to_linear(self.radar_snr_db)) / (square * square)
        threshold = detection_threshold(self.false_alarm_probability)
        return np.asarray(swerling_1_single_pulse(np.minimum(snr, _HIGHEST_SNR), threshold))

    def estimates(self, detection: Any) -> Any:
        """Return the estimated number of vehicles for each number of occupied cells.

        With n vehicles in C cells at random, of which a share d is detected, about C (1 - (1 - d /
        C)^n) cells are occupied by detections, and C f false alarms join. The table is the inverse.
        """
        cells, share = self.cells, float(detection.mean())
        false = self.false_alarm_probability
        counts = np.minimum(np.arange(cells + 1.0), cells - 0.5)
        real = np.clip((counts - cells * false) / (cells * (1.0 - false)), 0.0, None)
        rate = float(portable.log2(1.0 - min(share / cells, 1.0 - 1e-12)))
        return np.clip(np.asarray(portable.log2(1.0 - real)) / rate, 0.0, MOST_VEHICLES)

    def derived(self) -> dict[str, Any]:
        """Return the tables of the radars as well."""
        detection = self.detection()
        detected, estimated = np.zeros(MOST_CELLS), np.zeros(MOST_CELLS + 1)
        detected[: self.cells] = detection
        estimated[: self.cells + 1] = self.estimates(detection)
        tables = {"cells": np.int64(self.cells), "detected": detected, "estimated": estimated}
        return {**super().derived(), **tables}
