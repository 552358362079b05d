"""Parameters of sparse-array beam learning."""

import math
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine import mathx
from isac_envs.kernels.numerics import portable

SAMPLES_A_LOBE = 8
"""Samples of the pattern in the half width of its main lobe."""

Position = Annotated[int, Field(ge=0, le=1023)]


class SparseArrayBeamParams(EnvParams):
    """Parameters; the defaults are the ``sparse_10`` scenario."""

    horizon: int = parameter(200, "Beams until an episode is truncated.", "steps", ge=1, le=10**7)
    weights: tuple[Weight, ...] = parameter(
        (1.0, 1.0), "Weights of radar and communication in the reward."
    )
    action: Literal["multi_discrete", "phases"] = parameter(
        "multi_discrete", "Form of the action: levels, or angles that go to the nearest level."
    )
    positions: tuple[Position, ...] = parameter(
        (0, 1, 2, 5, 8, 11, 14, 16, 17, 18),
        "Places of the elements, increasing from 0.", "half wavelengths", min_length=2,
        max_length=256,
    )  # fmt: skip
    phase_bits: int = parameter(3, "Bits of a phase shifter (q): 2^q levels.", "bit", ge=1, le=8)
    phase_error_std_deg: float = parameter(
        0.0,
        "Standard deviation of the fixed, unknown phase errors of the elements.",
        "deg",
        ge=0,
        le=360,
    )
    mode: Literal["switching", "episode", "radar", "communication"] = parameter(
        "switching", "What a beam is for: switching at random, drawn at a reset, or one of the two."
    )
    switch_probability: float = parameter(
        0.02, "Probability that the mode switches after a step.", ge=0, le=1
    )
    channel: Literal["episode", "fixed"] = parameter(
        "episode", "Scene (paths, phase errors, radar direction) of each episode, or one for all."
    )
    channel_seed: int = parameter(0, "Seed of the one scene for all.", ge=0, le=2**63 - 1)
    paths: int = parameter(3, "Paths of the communication channel (L).", ge=1, le=64)
    sector_deg: float = parameter(
        120.0, "Sector around broadside that the paths come from, uniformly.", "deg", ge=1, le=180
    )
    steer_sine_low: float = parameter(
        -0.5, "Smallest sine of the radar direction; it is uniform.", ge=-1, le=1
    )
    steer_sine_high: float = parameter(0.5, "Largest sine of the radar direction.", ge=-1, le=1)
    feedback_snr_db: float = parameter(
        40.0, "SNR of what is fed back, for a beam with all the gain of free phases.", "dB",
        ge=-20, le=300,
    )  # fmt: skip
    reward: Literal["level", "delta", "sign"] = parameter(
        "level", "Reward: what was measured, its change in this mode, or the sign of that change."
    )
    radar_scale_db: float = parameter(
        10.0, "Ratio of main lobe to side lobe that counts as 1.", "dB", ge=0.1, le=100
    )
    pointing_loss_weight: float = parameter(
        1.0, "Weight of the loss in the radar direction against the lobe's peak (kappa).", ge=0,
        le=100,
    )  # fmt: skip

    @model_validator(mode="after")
    def _values_fit(self) -> "SparseArrayBeamParams":
        places = self.positions
        if places[0] != 0 or any(a >= b for a, b in pairwise(places)):
            raise ValueError(f"parameter positions = {places}: must increase strictly from 0")
        if places[-1] < 3:
            raise ValueError(f"parameter positions = {places}: the last must be at least 3")
        if self.steer_sine_high < self.steer_sine_low:
            raise ValueError(
                f"parameter steer_sine_high = {self.steer_sine_high}: must be at least "
                f"steer_sine_low = {self.steer_sine_low}"
            )
        return self

    @property
    def elements(self) -> int:
        """Number of elements (N)."""
        return len(self.positions)

    @property
    def levels(self) -> int:
        """Number of phases of an element."""
        return 1 << self.phase_bits

    @property
    def samples(self) -> int:
        """Samples of one half of the pattern, 0..1 in the difference of sines."""
        return SAMPLES_A_LOBE * (self.positions[-1] + 1) // 2 + 1

    def derived(self) -> dict[str, Any]:
        """Return the phasors of the levels, the table of the pattern and the feedback's noise.

        ``cosines`` and ``sines`` are those of ``pi p_n x`` with x the difference of sines, shape
        ``(N, samples)``: row n belongs to element n.
        """
        turns = np.arange(self.levels) / self.levels
        offsets = np.linspace(0.0, 1.0, self.samples)
        level_sines, level_cosines = portable.sincos_turns(turns)
        sines, cosines = portable.sincos_turns(0.5 * np.outer(self.positions, offsets))
        return {
            "places": np.array(self.positions, np.float64),
            "level_re": level_cosines,
            "level_im": level_sines,
            "cosines": cosines,
            "sines": sines,
            "lobe_samples": SAMPLES_A_LOBE + 1,  # up to the edge, which belongs to the main lobe
            "noise": math.sqrt(0.5 * mathx.db_to_linear(-self.feedback_snr_db)),
            "error_turns": self.phase_error_std_deg / 360.0,
            "sector_turns": self.sector_deg / 360.0,
        }
