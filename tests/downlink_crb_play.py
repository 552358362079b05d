"""Copies of isac/DownlinkCrb-v0 for its tests, its formulas, and solved instances."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from harness import bind

from isac_envs.declaration.trial import Trial

ID = "isac/DownlinkCrb-v0"
ORACLE = json.loads(
    (Path(__file__).parent / "data" / "downlink_crb_oracle.json").read_text(encoding="utf-8")
)["instances"]
"""Instances with their semidefinite optima, by benchmarks/downlink_crb_oracle.py."""


def trial(copies: int, scenario: str | None = None, seed: int = 0, **overrides: Any) -> Trial:
    """Return copies that have begun an episode."""
    found = Trial(bind(ID, scenario, **overrides), copies)
    found.start(np.arange(copies) + seed)
    return found


def steering(antennas: int, angles_rad: Any) -> np.ndarray:
    """Return the steering vectors of a centred array, shape ``(..., M)``."""
    places = np.arange(antennas) - (antennas - 1) / 2
    return np.exp(1j * np.pi * np.sin(np.asarray(angles_rad))[..., None] * places)


def structured(p: Any, channels: Any, angle_rad: float, asked: Any) -> np.ndarray:
    """Return the beams of a structured action, shape ``(N_t, K + 1)``."""
    users, antennas = channels.shape
    ridge = users * 10 ** (2 * asked[users + 1])
    inverse = np.linalg.inv(channels @ channels.conj().T + ridge * np.eye(users))
    beams = channels.conj().T @ inverse
    beams /= np.linalg.norm(beams, axis=0)
    parts = (1 + asked[:users]) / 2
    share = (1 + asked[users]) / 2
    beams *= np.sqrt((1 - share) * parts / parts.sum())
    look = np.clip(np.sin(angle_rad) + 2 / antennas * asked[users + 2], -1, 1)
    aside = steering(antennas, np.arcsin(look)).conj()
    if p.sensing_stream == "heard":
        aside = aside - channels.conj().T @ inverse @ (channels @ aside)
    return np.column_stack((beams, math.sqrt(share) * aside / np.linalg.norm(aside)))


def ratios(p: Any, channels: Any, precoder: Any) -> np.ndarray:
    """Return the users' ratios of signal to interference and noise, linear."""
    powers = np.abs(channels @ precoder) ** 2
    if p.sensing_stream == "cancelled":
        powers[:, -1] = 0.0
    signal = np.diagonal(powers)
    return signal / (powers.sum(1) - signal + 1.0)


def bound_rad2(p: Any, angle_rad: float, precoder: Any) -> float:
    """Return the bound by the matrices of the published formula, for a covariance of power 1."""
    transmit = steering(p.transmit_antennas, angle_rad)
    receive = steering(p.receive_antennas, angle_rad)
    slope = 1j * np.pi * math.cos(angle_rad)
    turned_t = slope * (np.arange(len(transmit)) - (len(transmit) - 1) / 2) * transmit
    turned_r = slope * (np.arange(len(receive)) - (len(receive) - 1) / 2) * receive
    echo, turned = np.outer(receive, transmit), np.outer(turned_r, transmit)
    turned = turned + np.outer(receive, turned_t)
    covariance = precoder @ precoder.conj().T
    whole = np.trace(echo @ covariance @ echo.conj().T).real
    own = np.trace(turned @ covariance @ turned.conj().T).real
    mixed = np.trace(turned @ covariance @ echo.conj().T)
    return float(1.0 / (2.0 * echo_snr(p) * (own - abs(mixed) ** 2 / whole)))


def echo_snr(p: Any) -> float:
    """Return the SNR of an echo between two antennas over all samples for all the power."""
    gain = 1.0
    if p.gains == "distances":
        wavelength = 299792458.0 / p.carrier_hz
        gain = p.rcs_m2 * wavelength**2 / ((4 * np.pi) ** 3 * p.target_m**4)
    return float(p.samples * 10 ** ((p.power_dbm - p.noise_dbm) / 10) * gain)


def instance(row: dict[str, Any]) -> Trial:
    """Return a copy with the channels of a solved instance."""
    found = trial(
        1, "one_shot", transmit_antennas=row["antennas"], receive_antennas=row["receivers"],
        users=row["users"], required_sinr_db=row["required_db"],
        sensing_stream="cancelled" if row["cancelled"] else "heard",
    )  # fmt: skip
    re, im = row["channels"]
    found.state.channels[0] = math.sqrt(1000.0) * (np.array(re) + 1j * np.array(im))
    found.state.estimated[...] = found.state.channels
    return found


def metrics(copies: Trial) -> Any:
    """Return the metrics of the last step, one record for each copy."""
    return copies._buffers.metrics[:, 0].view(np.recarray)


def objectives(copies: Trial) -> Any:
    """Return the objectives of the last step, shape ``(n, 3)``."""
    return copies._buffers.objectives[:, 0]
