"""Parameters of ``isac/BeamTraining-v0``."""

import math
import os
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from pydantic import model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine.mathx import db_to_linear, ln
from isac_envs.envs.beam_management.beam_training import tables
from isac_envs.envs.beam_management.beam_training.replay import Replay, no_replay, read_replay
from isac_envs.kernels.estimation.bounds import (
    angle_variance,
    delay_variance_flat_spectrum,
    range_variance_monostatic,
)
from isac_envs.kernels.numerics.gamma import exp_or_zero
from isac_envs.kernels.pathloss.free_space import (
    friis_gain_one,
    radar_received_power_one,
    thermal_noise_one,
)

DEEPSENSE = "Alkhateeb et al., DeepSense 6G, IEEE Commun. Mag. 61(9), 2023, arXiv 2211.09769"
FARTHEST_OFFSET = 6


class BeamTrainingParams(EnvParams):
    """Parameters; the defaults are the ``default`` scenario."""

    horizon: int = parameter(
        2000, "Steps until an episode is truncated, unless `episode_slots` have ended it.", "steps",
        ge=1, le=10**7,
    )  # fmt: skip
    weights: tuple[Weight, ...] = parameter(
        (1.0, 0.5), "Weights of rate and position accuracy in the reward."
    )
    observation: Literal["posterior", "raw"] = parameter(
        "posterior", "What is seen: the probabilities of beams; or positions and echoes."
    )
    action: Literal["beam", "ranked"] = parameter(
        "beam", "Which beam to probe, or to commit; or whether to probe the most probable one."
    )
    episode_slots: int = parameter(20, "Slots of an episode.", "slots", ge=1, le=10_000)
    slot_s: float = parameter(0.2, "Length of a slot.", "s", ge=1e-3, le=10)
    slot_probes: int = parameter(
        16, "Mini-slots S of a slot; a probe takes one of them.", "1", ge=2, le=1024
    )
    beams: int = parameter(64, "Beams of the codebook.", "1", DEEPSENSE, ge=2, le=256)
    antennas: int = parameter(
        64, "Antennas of the array, half a wavelength apart.", "1", ge=2, le=256
    )
    field_deg: float = parameter(
        120.0, "Field of view, over which beams are uniform in angle.", "deg", ge=10, le=170
    )
    phase_error_deg: float = parameter(
        20.0, "Standard deviation of each antenna's phase error.", "deg", ge=0, le=90
    )
    ripple_db: float = parameter(1.5, "Standard deviation of each beam's gain.", "dB", ge=0, le=10)
    calibration: int = parameter(
        -1, "Phase errors and ripple: redrawn in each episode (-1), or always those of this "
        "number.", "1", ge=-1, le=2**62 - 1,
    )  # fmt: skip
    carrier_hz: float = parameter(60e9, "Carrier.", "Hz", DEEPSENSE, ge=1e9, le=3e11)
    bandwidth_hz: float = parameter(1e8, "Bandwidth.", "Hz", ge=1e5, le=1e10)
    power_dbm: float = parameter(15.0, "Transmit power.", "dBm", ge=-60, le=60)
    noise_figure_db: float = parameter(7.0, "Noise figure of all receivers.", "dB", ge=0, le=30)
    probe_gain_db: float = parameter(
        10.0, "Integration gain of a probe's power.", "dB", ge=-20, le=100
    )
    road_m: float = parameter(20.0, "Distance of the nearest lane.", "m", ge=2, le=1e3)
    lanes: int = parameter(2, "Lanes, drawn uniformly.", "1", ge=1, le=8)
    lane_m: float = parameter(3.5, "Width of a lane.", "m", ge=1, le=20)
    half_length_m: float = parameter(
        35.0, "The road is served this far to either side.", "m", ge=5, le=1e4
    )
    speed_m_s: float = parameter(14.0, "Mean speed.", "m/s", ge=0, le=100)
    speed_spread_m_s: float = parameter(
        6.0, "Speeds are uniform within this of the mean.", "m/s", ge=0, le=100
    )
    acceleration_m_s2: float = parameter(
        4.0, "Standard deviation of the acceleration, drawn in each slot.", "m/s^2", ge=0, le=50
    )
    wander_m: float = parameter(
        0.05, "Random walk of the lateral position in a slot.", "m", ge=0, le=10
    )
    position_std_m: float = parameter(
        3.0, "Error of the reported position on each axis.", "m", ge=0.01, le=100
    )
    receive_antennas: int = parameter(
        4, "Antennas that hear echoes; 0 for no radar.", "1", ge=0, le=1024
    )
    rcs_m2: float = parameter(10.0, "Mean radar cross section.", "m^2", ge=1e-3, le=1e5)
    echo_samples: float = parameter(
        100.0, "Samples of a whole slot that are integrated.", "1", ge=1, le=1e9
    )
    false_alarm: float = parameter(1e-4, "Probability of a false alarm.", "1", ge=1e-12, le=0.1)
    block_probability: float = parameter(
        0.0, "Probability that the free direct path is blocked in the next slot.", "1", ge=0, le=1
    )
    clear_probability: float = parameter(
        0.2, "Probability that a blocked one is free in the next slot.", "1", ge=1e-3, le=1
    )
    blockage_db: float = parameter(20.0, "Loss of the blocked path, one way.", "dB", ge=0, le=100)
    wall_m: float = parameter(
        0.0, "Distance of a wall behind the road, whose mirror image is a second path; 0 for none.",
        "m", ge=0, le=1e4,
    )  # fmt: skip
    reflection_db: float = parameter(6.0, "Loss of the reflection.", "dB", ge=0, le=100)
    data: str = parameter(
        "", "Index file of a scenario of DeepSense 6G, whose samples replace the drawn vehicle. "
        "Its path is relative to the scenario file, or to the working directory where it is given "
        "as an argument.", "1", DEEPSENSE, file=True,
    )  # fmt: skip
    replay_offset: int = parameter(
        0, "Of a replay: positions are taken this many samples later than powers.", "samples",
        ge=-FARTHEST_OFFSET, le=FARTHEST_OFFSET,
    )  # fmt: skip
    replay_split: Literal["all", "train", "test"] = parameter(
        "all", "Of a replay, the sequences that are played: all; four in five; or every fifth."
    )

    @model_validator(mode="after")
    def _fits(self) -> "BeamTrainingParams":
        if self.speed_spread_m_s > self.speed_m_s:
            raise ValueError(
                f"parameter speed_spread_m_s = {self.speed_spread_m_s:g}: valid: at most "
                f"speed_m_s = {self.speed_m_s:g}"
            )
        if 0.0 < self.wall_m <= self.farthest_m + self.lane_m:
            raise ValueError(
                f"parameter wall_m = {self.wall_m:g}: valid: 0, or beyond the road, above "
                f"{self.farthest_m + self.lane_m:g} m (road_m, lanes and lane_m)"
            )
        if self.speed_m_s * self.slot_s > self.half_length_m:
            raise ValueError(
                f"parameter speed_m_s = {self.speed_m_s:g}: a vehicle passes half_length_m = "
                f"{self.half_length_m:g} m within slot_s = {self.slot_s:g} s"
            )
        self.replay  # noqa: B018  a wrong file is refused here, not when the first step compiles
        return self

    @property
    def farthest_m(self) -> float:
        """Return the distance of the farthest lane."""
        return self.road_m + (self.lanes - 1) * self.lane_m

    @property
    def coherence(self) -> float:
        """Return the share of a beam's gain that phase errors leave in its pattern."""
        deviation = self.phase_error_deg * (math.pi / 180.0)
        return exp_or_zero(-deviation * deviation)

    @property
    def noise_w(self) -> float:
        """Return the noise of a receiver in W."""
        return float(thermal_noise_one(self.bandwidth_hz, self.noise_figure_db))

    @property
    def snr_1m(self) -> float:
        """Return the SNR one metre from an antenna without gain, linear."""
        power_w = 1e-3 * db_to_linear(self.power_dbm)
        return float(power_w * friis_gain_one(1.0, self.carrier_hz) / self.noise_w)

    @property
    def replay(self) -> Replay:
        """Return the samples of the file; of none, arrays of one sample that is never read."""
        if not self.data:
            return no_replay(self.beams)
        try:
            changed = os.stat(self.data).st_mtime_ns
        except (OSError, ValueError) as error:
            raise ValueError(f"parameter data = {self.data!r}: {error}") from None
        return _read_once(self, changed)

    def derived(self) -> dict[str, Any]:
        """Return budgets, the motion and what the filter expects, and the blur of beams."""
        t, n_r = self.slot_s, max(self.receive_antennas, 1)
        power_w = 1e-3 * db_to_linear(self.power_dbm)
        echo_w = radar_received_power_one(power_w, 1.0, n_r, self.carrier_hz, self.rcs_m2, 1.0, 1.0)
        ripple = self.ripple_db * _NEPER_OF_DB
        held, moved = t * self.acceleration_m_s2, 0.5 * t * t * self.acceleration_m_s2
        lane_variance = (self.lanes * self.lanes - 1) / 12.0 * self.lane_m * self.lane_m
        spread = self.speed_spread_m_s
        delay = float(delay_variance_flat_spectrum(1.0, self.bandwidth_hz))
        steady = self.block_probability + self.clear_probability
        return {
            "replayed": bool(self.data),
            "ranged": self.receive_antennas > 1 and not self.data,
            "snr_one": self.snr_1m,
            "echo_one": float(echo_w / self.noise_w * self.echo_samples),
            "threshold": -ln(self.false_alarm),
            "cosine_variance": n_r * float(angle_variance(1.0, 0.0, 0.5, n_r, 1))
            if n_r > 1 else 1.0,
            "range_variance": float(range_variance_monostatic(delay)),
            "probe_noise": db_to_linear(-self.probe_gain_db),
            "error_turns": self.phase_error_deg / 360.0,
            "coherent": self.coherence,
            "scattered": 1.0 - self.coherence,
            "ripple_variance": ripple * ripple,
            "blocked_gain": db_to_linear(-self.blockage_db),
            "image_gain": db_to_linear(-self.reflection_db) if self.wall_m > 0.0 else 0.0,
            "steady_blocked": self.block_probability / steady,
            "field_turns": self.field_deg / 360.0,
            "middle_m": 0.5 * (self.road_m + self.farthest_m),
            "lateral_variance": lane_variance,
            "speed_variance": spread * spread / 3.0,
            "transition": np.array([[1.0, t, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            "process_noise": np.array([
                [moved * moved, moved * held, 0.0], [moved * held, held * held, 0.0],
                [0.0, 0.0, self.wander_m * self.wander_m],
            ]),
            "blur": tables.blur(self),
        }  # fmt: skip


_NEPER_OF_DB = ln(10.0) / 20.0  # of an amplitude


@lru_cache(maxsize=4)
def _read_once(params: BeamTrainingParams, changed: int) -> Replay:
    """Return the samples; threads and trials of one environment read them once."""
    return read_replay(params)
