"""Declaration of ``isac/DownlinkCrb-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.beam_management.downlink_crb import baselines, kernel, records
from isac_envs.envs.beam_management.downlink_crb.params import DownlinkCrbParams
from isac_envs.envs.beam_management.downlink_crb.records import State
from isac_envs.envs.surfaces.observing import MOST

_SHORTFALL = Signal("shortfall", "What users lack of the required ratio, summed.", "dB")


class DownlinkCrb(Model):
    r"""DOC"""

    id = "isac/DownlinkCrb-v0"
    summary = "Beams for users, and for the angle of a target that is known by its echoes alone."
    source = (
        "Problem: F. Liu, Y.-F. Liu, A. Li, C. Masouros, Y. C. Eldar, IEEE Trans. Signal Process. "
        "70, 2022, arXiv 2101.12530 (bound under SINR constraints, optima). Motion, ageing, the "
        "tracker, the structured action and the observation are our choice."
    )
    params_type = DownlinkCrbParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal("rate", "Sum of the users' rates.", "bit/s/Hz"),
        Signal("accuracy", "Minus the decimal logarithm of the root of the bound in degrees."),
        _SHORTFALL,
    )
    costs: ClassVar[tuple[Signal, ...]] = (_SHORTFALL,)
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("root_crb_deg", "Root of the bound on the angle, at most 100.", "deg"),
        Signal("radar_snr_db", "Radar SNR over all receive antennas and samples.", "dB"),
        Signal("detected", "1 where the echo was detected."),
        Signal("illumination", "Power that arrives at the target over the most that can."),
        Signal("angle_error_deg", "Magnitude of the error of the believed angle.", "deg"),
        Signal("normalised_error", "Its square over the variance that the filter states."),
        Signal("least_sinr_db", "Smallest ratio of a user.", "dB"),
        Signal("sensing_share", "Share of the power on the sensing stream."),
    )
    summaries = (
        Summary("root_crb_deg", "Root of the bound on the angle, degrees.", "root_crb_deg"),
        Summary("detected", "Share of the slots with a detected echo.", "detected"),
        Summary("angle_error_deg", "Error of the believed angle, degrees.", "angle_error_deg"),
        Summary("sensing_share", "Share of the power on the sensing stream.", "sensing_share"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "optimum"
    scene = "isac_envs.envs.beam_management.downlink_crb.scene:draw"

    def observation_spec(self) -> Spec:
        """Return what is known of the users, then of the target."""
        p = self.params
        wide = {"low": -MOST, "high": MOST}
        if p.observation == "channels":
            seen = (
                Coordinate("channel", "Estimated channels, both parts, user by user; root mean "
                           "square 1.", size=2 * p.users * p.transmit_antennas, **wide),
            )  # fmt: skip
        else:
            seen = (
                Coordinate("toward_target", "Share of a user's estimated channel that points to "
                           "the believed angle.", high=1.0 + 1e-6, size=p.users),
                Coordinate("apart", "Share of it that is left without what other users hear.",
                           size=p.users),
            )  # fmt: skip
        return Spec("box", (
            *seen,
            Coordinate("snr", "SNR of a user with all the power on a matched beam.", "20 dB",
                       size=p.users, **wide),
            Coordinate("last_excess", "Ratio of a user in the last slot over the required one.",
                       "10 dB", size=p.users, **wide),
            Coordinate("believed_sine", "Sine of the believed angle.", low=-1.0),
            Coordinate("believed_rate", "Believed angular rate.", "2/N_t rad a slot", **wide),
            Coordinate("believed_std", "Standard deviation of the believed angle.", "2/N_t rad",
                       high=MOST),
            Coordinate("detected", "1 where the last echo was detected."),
            Coordinate("radar_snr", "1 plus radar SNR of the last echo, if detected.", "20 dB",
                       high=MOST),
        ))  # fmt: skip

    def action_spec(self) -> Spec:
        """Return powers, regularisation and direction, or all beams."""
        p = self.params
        if p.precoder == "full":
            return Spec("box", (
                Coordinate("precoder", "Both parts of the beams of all streams, antenna by "
                           "antenna, sensing last; their power is set.", low=-1.0,
                           size=2 * p.transmit_antennas * (p.users + 1)),
            ))  # fmt: skip
        return Spec("box", (
            Coordinate("user_power", "Power of a user beside that of the others; -1 is none.",
                       low=-1.0, size=p.users),
            Coordinate("sensing_share", "Share of the power on the sensing stream; -1 is none, 1 "
                       "all.", low=-1.0),
            Coordinate("regularisation", "Regularisation over K times noise over power, in 20 dB.",
                       low=-1.0),
            Coordinate("direction", "Sine of the sensing beam beside the believed one, over 2 / "
                       "N_t, half the width of the beam between its zeros.", low=-1.0),
        ))  # fmt: skip

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
