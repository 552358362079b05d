"""Parameters of the frames-per-CPI problem."""

from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.engine import mathx
from isac_envs.engine.rng import poisson_table
from isac_envs.envs.mode_selection.frames_per_cpi import waveform
from isac_envs.kernels.numerics import portable

IEEE = "IEEE 802.11ad, single-carrier PHY"

FrameCount = Annotated[int, Field(ge=2, le=1_000_000)]
SnrDb = Annotated[float, Field(ge=-100, le=100)]
RateBps = Annotated[float, Field(ge=1, le=1e13)]


class FramesPerCpiParams(EnvParams):
    """Parameters; the defaults are the ``arrivals_12`` scenario."""

    horizon: int = parameter(1000, "CPIs until an episode is truncated.", "steps", ge=1, le=10**7)
    weights: tuple[Weight, ...] = parameter(
        (1.0, 1.0, 1.0), "Weights of communication, sensing and buffer in the reward."
    )
    observation: Literal["vector", "multi_discrete", "index"] = parameter(
        "vector", "Form of the observation."
    )
    frame_counts: tuple[FrameCount, ...] = parameter(
        (32, 64, 96, 128, 192, 256, 384, 512, 768, 1024),
        "Numbers of frames to choose from, increasing.", "frames", min_length=1,
        max_length=64,
    )  # fmt: skip
    snr_db: tuple[SnrDb, ...] = parameter(
        (3.0, 8.0, 13.0, 18.0), "SNR of the link in each channel class, increasing.", "dB",
        min_length=1, max_length=32,
    )  # fmt: skip
    rate_bps: tuple[RateBps, ...] = parameter(
        (0.385e9, 1.54e9, 2.503e9, 4.62e9), "Data rate in each channel class.", "bit/s", IEEE,
        min_length=1, max_length=32,
    )  # fmt: skip
    channel_stays: float = parameter(
        0.8, "Probability that the channel class stays for another CPI.", ge=0, le=1
    )
    queue_capacity: int = parameter(40, "Capacity of the queue.", "packets", ge=1, le=1000)
    packet_bits: float = parameter(1e6, "Size of a packet of the queue.", "bit", ge=1, le=1e12)
    arrival_mean: float = parameter(
        12.0, "Mean of the Poisson arrivals in a CPI.", "packets", ge=1e-6, le=100
    )
    cpi_s: float = parameter(0.01, "Duration of a CPI.", "s", ge=1e-6, le=10)
    wavelength_m: float = parameter(
        0.005, "Wavelength of the carrier (60 GHz).", "m", ge=1e-4, le=3
    )
    overhead_s: float = parameter(
        3.473e-6,
        "Part of a frame without data: preamble 1.891 us, header 0.582 us, gap 1.0 us.", "s", IEEE,
        ge=0, le=10,
    )  # fmt: skip
    residual_doppler_hz: float = parameter(
        400.0, "Uncompensated Doppler shift of the link.", "Hz", ge=0, le=1e6
    )
    threshold_margin_db: float = parameter(
        1.5, "Margin of a class: its SNR over the SNR at which half of the frames are lost.", "dB",
        ge=-100, le=100,
    )  # fmt: skip
    error_slope_per_db: float = parameter(
        4.0, "Steepness of the frame error rate around that SNR.", "1/dB", ge=1e-3, le=1e3
    )
    preamble_snr_db: float = parameter(
        -18.0, "Radar SNR of one compressed preamble.", "dB", ge=-100, le=100
    )
    false_alarm: float = parameter(
        1e-6, "Probability of a false alarm of the detector.", "1", "Kumari et al., 1702.05833",
        ge=1e-30, le=0.5,
    )  # fmt: skip
    speed_std_m_s: float = parameter(
        12.0, "Standard deviation of the relative speed of targets.", "m/s", ge=1e-3, le=1e4
    )
    velocity_scale_m_s: float = parameter(
        0.5,
        "Velocity error at which the worth of a detection falls to 1/e.",
        "m/s",
        ge=1e-3,
        le=1e4,
    )
    reward_sent: float = parameter(
        0.5, "Reward of sending as many packets as arrive on average (w_c).", ge=0, le=1e9
    )
    reward_sensing: float = parameter(1.0, "Reward of a perfectly sensed CPI (w_s).", ge=0, le=1e9)
    penalty_dropped: float = parameter(
        5.0, "Penalty of dropping as many packets as arrive on average (w_d).", ge=0, le=1e9
    )

    @model_validator(mode="after")
    def _lists_fit(self) -> "FramesPerCpiParams":
        for name in ("frame_counts", "snr_db"):
            values = getattr(self, name)
            if any(a >= b for a, b in pairwise(values)):
                raise ValueError(f"parameter {name} = {values}: must increase strictly")
        if len(self.rate_bps) != len(self.snr_db):
            raise ValueError(
                f"parameter rate_bps = {self.rate_bps}: needs one rate for each of the "
                f"{len(self.snr_db)} channel classes of snr_db"
            )
        return self

    def derived(self) -> dict[str, Any]:
        """Return the laws of arrivals and channel, and what each CPI senses and carries.

        Arrays by frame count have shape ``(A,)``, by channel class and frame count ``(H, A)``.
        The 256 terms of the arrivals cover a mean of 100.
        """
        classes = len(self.snr_db)
        leaves = 1.0 - self.channel_stays
        fall = np.full(classes, 0.5 * leaves)
        fall[[0, -1]] = 0.0, leaves
        rise_from = fall + self.channel_stays
        rise_from[-1] = 1.0
        if classes == 1:
            fall[0] = 0.0
        return {
            "arrivals": poisson_table(self.arrival_mean, 256),
            "fall": fall,  # a uniform variate below it moves the channel down a class
            "rise_from": rise_from,  # from there on it moves up
            **self._radar(),
            **self._link(),
        }

    def _radar(self) -> dict[str, Any]:
        frames = np.array(self.frame_counts)
        frame_s = self.cpi_s / frames
        snr = mathx.db_to_linear(self.preamble_snr_db)
        speed = waveform.max_speed_m_s(frame_s, self.wavelength_m)
        unambiguous = waveform.unambiguous_probability(speed, self.speed_std_m_s)
        crb = waveform.velocity_crb_m_s(frames, frame_s, self.wavelength_m, snr)
        detection = waveform.detection_probability(snr * frames, self.false_alarm)
        return {
            "max_speed_m_s": speed,
            "unambiguous_probability": unambiguous,
            "velocity_crb_m_s": crb,
            "detection_probability": detection,
            "utility": waveform.sensing_utility(
                detection, unambiguous, crb, self.velocity_scale_m_s
            ),
        }

    def _link(self) -> dict[str, Any]:
        frame_s = self.cpi_s / np.array(self.frame_counts)
        snr_db = np.array(self.snr_db)[:, None]
        aged = waveform.aged_snr(portable.db_to_linear(snr_db), frame_s, self.residual_doppler_hz)
        threshold_db = snr_db - self.threshold_margin_db
        errors = waveform.frame_error_rate(aged, threshold_db, self.error_slope_per_db)
        rates = np.array(self.rate_bps)[:, None]
        goodput = waveform.goodput_bps(rates, frame_s, self.overhead_s, errors)
        return {
            "overhead_fraction": np.minimum(self.overhead_s / frame_s, 1.0),
            "frame_error_rate": errors,
            "goodput_bps": goodput,
            "capacity": waveform.whole_packets(goodput, self.cpi_s, self.packet_bits),
        }
