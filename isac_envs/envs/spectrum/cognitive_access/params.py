"""Parameters of ``isac/CognitiveAccess-v0``."""

import math
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from isac_envs.declaration.params import EnvParams, Weight, parameter
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.spectrum.detector import energy_false_alarm

MOST_CHANNELS = 16
PER_CHANNEL: dict[str, Any] = {"min_length": 1, "max_length": MOST_CHANNELS}
ZHAO = "Zhao, Krishnamachari, Liu, IEEE TWC 7(12), 2008, arXiv 0712.0035"
LIANG = "Liang, Zeng, Peh, Hoang, IEEE TWC 7(4), 2008"

Move = Annotated[float, Field(ge=1e-3, le=0.999)]
Bandwidth = Annotated[float, Field(ge=1e3, le=1e10)]
Decibel = Annotated[float, Field(ge=-60, le=40)]
Time = Annotated[float, Field(ge=1e-6, le=10)]


class CognitiveAccessParams(EnvParams):
    """Parameters; the defaults are the ``default`` scenario."""

    weights: tuple[Weight, ...] = parameter(
        (1.0, 3.0, 40.0), "Weights of throughput, ranging and protection in the reward."
    )
    observation: Literal["belief", "history"] = parameter(
        "belief", "What of the past is seen: the beliefs that follow from it, or the last slots."
    )
    history: int = parameter(
        16, "Slots that are seen with 'history'.", "slots", interface=True, ge=1, le=64
    )
    channels: int = parameter(5, "Channels.", ge=1, le=MOST_CHANNELS)
    stay_idle: tuple[Move, ...] = parameter(
        (0.95, 0.9, 0.9, 0.9, 0.95),
        "Probability that an idle channel stays idle for another slot: one for all, or one for "
        "each channel.", "1", ZHAO, **PER_CHANNEL,
    )  # fmt: skip
    become_idle: tuple[Move, ...] = parameter(
        (0.3, 0.2, 0.1, 0.05, 0.02),
        "Probability that a busy channel is idle in the next slot, in the same way.", "1", ZHAO,
        **PER_CHANNEL,
    )  # fmt: skip
    bandwidths_hz: tuple[Bandwidth, ...] = parameter(
        (1e6, 2e6, 4e6, 6e6, 8e6),
        "Bandwidths, in the same way; also the sampling rates of the detector.", "Hz",
        **PER_CHANNEL,
    )  # fmt: skip
    link_snr_db: float = parameter(
        10.0, "SNR of the user's own link, in every channel.", "dB", LIANG, ge=-20, le=60
    )
    slot_s: float = parameter(0.02, "Length of a slot.", "s", LIANG, ge=1e-4, le=10)
    detector: Literal["perfect", "energy"] = parameter(
        "energy", "Sensing without errors that takes no time, or an energy detector.", "1", LIANG
    )
    sensing_times_s: tuple[Time, ...] = parameter(
        (1e-3, 3e-3, 8e-3), "Sensing times to choose from; below `slot_s`.", "s", LIANG,
        min_length=1, max_length=16,
    )  # fmt: skip
    detection_probability: float = parameter(
        0.9, "Probability with which the energy detector finds a primary signal.", "1", LIANG,
        ge=0.5, le=0.999,
    )  # fmt: skip
    primary_snr_db: tuple[Decibel, ...] = parameter(
        (-15.0, -16.0, -18.0, -19.0, -20.0),
        "SNR of the primary signal at the detector: one for all, or one for each channel.", "dB",
        LIANG, **PER_CHANNEL,
    )  # fmt: skip
    target: bool = parameter(True, "Whether the user ranges a target by its own transmissions.")
    echo_snr_db: float = parameter(
        -28.0, "SNR of a sample of the target's echo, before integration.", "dB", ge=-120, le=40
    )
    range_std_m: float = parameter(
        20.0, "Standard deviation of the target's way from its post.", "m", ge=0.1, le=1e5
    )
    speed_std_m_s: float = parameter(
        20.0, "Standard deviation of its radial speed.", "m/s", ge=0.01, le=1e3
    )

    @model_validator(mode="after")
    def _one_value_or_one_for_each_channel(self) -> "CognitiveAccessParams":
        for name in ("stay_idle", "become_idle", "bandwidths_hz", "primary_snr_db"):
            count = len(getattr(self, name))
            if count not in (1, self.channels):
                raise ValueError(
                    f"parameter {name} has {count} values for channels = {self.channels}; "
                    f"valid: 1 or {self.channels} values"
                )
        return self

    @model_validator(mode="after")
    def _sensing_fits(self) -> "CognitiveAccessParams":
        longest, shortest = max(self.sensing_times_s), min(self.sensing_times_s)
        if self.detector == "energy" and longest >= self.slot_s:
            raise ValueError(
                f"parameter sensing_times_s: {longest:g} s leaves nothing of slot_s = "
                f"{self.slot_s:g} s; valid: below it"
            )
        if self.detector == "energy" and shortest * min(self.bandwidths_hz) < 1.0:
            raise ValueError(
                f"parameter sensing_times_s: {shortest:g} s has no sample at bandwidths_hz = "
                f"{min(self.bandwidths_hz):g} Hz"
            )
        if self.speed_std_m_s * self.slot_s > self.range_std_m:
            raise ValueError(
                f"parameter speed_std_m_s = {self.speed_std_m_s:g}: the target crosses "
                f"range_std_m = {self.range_std_m:g} m within slot_s = {self.slot_s:g} s"
            )
        return self

    def of_channels(self, name: str) -> npt.NDArray[np.float64]:
        """Return a parameter of the channels, one value for each, shape ``(N,)``."""
        return np.array(np.broadcast_to(getattr(self, name), (self.channels,)), np.float64)

    @property
    def choices(self) -> int:
        """Return the number of sensing times J to choose from."""
        return len(self.sensing_times_s) if self.detector == "energy" else 1

    @property
    def sensing_shares(self) -> npt.NDArray[np.float64]:
        """Return the share of a slot that each choice takes, shape ``(J,)``."""
        if self.detector == "perfect":
            return np.zeros(1)
        return np.array(self.sensing_times_s) / self.slot_s

    def false_alarms(self) -> npt.NDArray[np.float64]:
        """Return the probabilities that an idle channel is taken for busy, shape ``(N, J)``."""
        if self.detector == "perfect":
            return np.zeros((self.channels, 1))
        samples = np.multiply.outer(self.of_channels("bandwidths_hz"), self.sensing_times_s)
        snr = portable.db_to_linear(self.of_channels("primary_snr_db"))[:, None]
        return np.asarray(energy_false_alarm(self.detection_probability, snr, samples))

    def capacities_mbps(self) -> npt.NDArray[np.float64]:
        """Return what an idle channel carries in a whole slot, Mbit/s, shape ``(N,)``."""
        efficiency = float(portable.log2(1.0 + portable.db_to_linear(self.link_snr_db)))
        return 1e-6 * self.of_channels("bandwidths_hz") * efficiency

    def derived(self) -> dict[str, Any]:
        """Return the tables of channels and choices, and the motion of the target."""
        perfect = self.detector == "perfect"
        return {
            "choice_count": np.int64(self.choices),
            "stays": self.of_channels("stay_idle"),
            "becomes": self.of_channels("become_idle"),
            "bandwidth_of": self.of_channels("bandwidths_hz"),
            "shares": self.sensing_shares,
            "false_alarm": self.false_alarms(),
            "detected": 1.0 if perfect else self.detection_probability,
            "capacity_mbps": self.capacities_mbps(),
            "echo_snr": float(portable.db_to_linear(self.echo_snr_db)),
            **self._motion(),
        }

    def _motion(self) -> dict[str, Any]:
        """Return the second-order Gauss-Markov process of the target over a slot.

        Critically damped: rate w = speed over range deviation, position x and speed v with
        ``dv = -2 w v dt - w^2 x dt + noise``. The noise of a slot is what keeps the variances.
        """
        t, rate = self.slot_s, self.speed_std_m_s / self.range_std_m
        kept = float(portable.exp(-rate * t))
        a, b = kept * (1.0 + rate * t), kept * t
        c, d = -kept * rate * rate * t, kept * (1.0 - rate * t)
        place = self.range_std_m * self.range_std_m
        speed = self.speed_std_m_s * self.speed_std_m_s
        xx = place - (a * a * place + b * b * speed)
        xv = -(a * c * place + b * d * speed)
        vv = speed - (c * c * place + d * d * speed)
        # Cholesky factor of the noise; what rounding leaves of a slow target's is made one
        first, most = math.sqrt(max(xx, 0.0)), math.sqrt(max(vv, 0.0))
        cross = min(max(xv / first, -most), most) if first > 0.0 else 0.0
        rest = math.sqrt(most * most - cross * cross)
        return {
            "transition": np.array([[a, b], [c, d]]),
            "process_noise": np.array(
                [[first * first, first * cross], [first * cross, most * most]]
            ),
            "noise_place": first,
            "noise_cross": cross,
            "noise_speed": rest,
        }
