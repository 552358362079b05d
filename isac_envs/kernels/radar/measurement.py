"""Measurements of one target by a matched filter: delay, Doppler shift and angle, or none.

The receiver integrates an OFDM grid of N subcarriers and M symbols coherently, over the elements of
a uniform linear array, and compares the peak with a threshold. Below it there is NO measurement.
Above it, delay, Doppler shift and angle are the true ones plus independent normal errors whose
variances are the Cramer-Rao bounds with unknown amplitude: those of maximum-likelihood estimates
from echoes at high SNR (tested at 26 dB after integration); nearer to the threshold, the errors of
a real estimator are larger, with heavier tails. The gate sees the realised SNR: draw a fluctuating
target's power first (:mod:`.swerling`), and pass the product.

SNR is that of one resource element of one array element, before any integration.

Sources: S. M. Kay, "Fundamentals of Statistical Signal Processing: Estimation Theory", 1993,
sections 3.11 and 15.7; :mod:`.estimation_bounds` and :mod:`.detection`.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine import rng
from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import Record, inlined, jit, record
from isac_envs.kernels.estimation.bounds import (
    angle_variance_one,
    delay_variance_one,
    doppler_variance_one,
)
from isac_envs.kernels.radar.detection import detection_threshold, swerling_0_one
from isac_envs.kernels.radar.echo import OfdmGrid

MEASUREMENT = record(
    ("subcarriers", "f8"),  # N
    ("symbols", "f8"),  # M
    ("elements", "f8"),  # array elements, 1: no angle
    ("subcarrier_spacing_hz", "f8"),
    ("symbol_duration_s", "f8"),
    ("spacing_wavelengths", "f8"),  # of the array elements
    ("threshold", "f8"),  # on the squared magnitude of the peak over its noise power
)
"""Parameters of a receiver: one record, built by :func:`measurement_parameters`."""

_SNR_MAX = 1e8


@inlined
def matched_filter_snr_one(p: Record, snr_per_re: float) -> float:
    """Return the SNR after coherent integration over the grid and the array, linear."""
    return p.subcarriers * p.symbols * p.elements * snr_per_re


@jit
def gate_probability_one(p: Record, snr_per_re: float) -> float:
    """Return the probability of a measurement at a given (not a mean) SNR: Marcum's function."""
    snr = min(matched_filter_snr_one(p, snr_per_re), _SNR_MAX)
    return swerling_0_one(snr, p.threshold, 1)


@jit
def measurement_variances(p: Record, snr_per_re: float, angle_rad: float, variances: Any) -> None:
    """Write the error variances of delay (s**2), Doppler shift (Hz**2) and angle (rad**2).

    Args:
        p: Record of :data:`MEASUREMENT`.
        snr_per_re: Linear, above 0.
        angle_rad: From the broadside of the array.
        variances: Receives three numbers; the third is infinite for a single element.
    """
    n, m = p.subcarriers, p.symbols
    snr = snr_per_re * p.elements
    variances[0] = delay_variance_one(snr, p.subcarrier_spacing_hz, n, m)
    variances[1] = doppler_variance_one(snr, p.symbol_duration_s, n, m)
    variances[2] = np.inf
    if p.elements > 1.0:
        variances[2] = angle_variance_one(
            snr_per_re, angle_rad, p.spacing_wavelengths, p.elements, n * m
        )


@jit
def measure(
    stream: rng.Stream, p: Record, snr_per_re: float, truth: Any, values: Any, variances: Any
) -> bool:
    """Draw whether a target is detected and, if so, its measurement.

    Args:
        stream: Random stream of the measurement.
        p: Record of :data:`MEASUREMENT`.
        snr_per_re: Linear, of this realisation of the target; 0 is a missing target.
        truth: Delay in s, Doppler shift in Hz, angle from broadside in rad.
        values: Receives the measured three, or NaN without a detection; the angle of a single
            element is NaN.
        variances: Receives the variances of their errors, or infinity without a detection.

    Returns:
        Whether there is a measurement. A missing target gives a false alarm at the rate of the
        threshold, which is not reported here: it would be anywhere on the map.
    """
    detected = rng.uniform(stream) < gate_probability_one(p, snr_per_re)
    detected = detected and snr_per_re > 0.0
    if detected:
        measurement_variances(p, snr_per_re, truth[2], variances)
    for k in range(3):
        noise = rng.normal(stream)
        if not detected:
            variances[k] = np.inf
        known = variances[k] < np.inf
        values[k] = truth[k] + noise * math.sqrt(variances[k]) if known else np.nan
    return detected


@jit
def _measure_all(
    streams: Any, p: Any, snr: Any, truth: Any, values: Any, variances: Any, detected: Any
) -> None:
    for i in range(detected.shape[0]):
        detected[i] = measure(streams[i], p[0], snr[i], truth[i], values[i], variances[i])


@jit
def _describe_all(p: Any, snr: Any, angle: Any, probability: Any, variances: Any) -> None:
    for i in range(probability.shape[0]):
        probability[i] = gate_probability_one(p[0], snr[i])
        measurement_variances(p[0], snr[i], angle[i], variances[i])


def measurement_parameters(
    grid: OfdmGrid,
    false_alarm_probability: float,
    elements: int = 1,
    spacing_wavelengths: float = 0.5,
) -> npt.NDArray[Any]:
    """Return the record of a receiver, one element of type :data:`MEASUREMENT`, shape ``(1,)``.

    Args:
        grid: Coherent processing interval, at least 2 subcarriers and 2 symbols.
        false_alarm_probability: In one cell, in [1e-100, 0.999999].
        elements: Elements of the uniform linear array, 1..65536; 1 measures no angle.
        spacing_wavelengths: Their spacing, in [1e-3, 1e3] wavelengths.

    Raises:
        ValueError: An argument is outside its range.
    """
    for name, value in (
        ("subcarriers", grid.subcarriers),
        ("symbols", grid.symbols),
        ("elements", elements),
    ):
        low = 1.0 if name == "elements" else 2.0
        check_range(name, float(value), Range(low, 65536.0, whole=True))
    check_range("subcarrier_spacing_hz", float(grid.subcarrier_spacing_hz), Range(1.0, 1e10, "Hz"))
    check_range("symbol_duration_s", float(grid.symbol_duration_s), Range(1e-12, 1e3, "s"))
    check_range("spacing_wavelengths", float(spacing_wavelengths), Range(1e-3, 1e3))
    threshold = detection_threshold(false_alarm_probability)
    parameters = np.recarray(1, MEASUREMENT)
    parameters[0] = (
        grid.subcarriers,
        grid.symbols,
        elements,
        grid.subcarrier_spacing_hz,
        grid.symbol_duration_s,
        spacing_wavelengths,
        threshold,
    )
    return parameters


class Expected(NamedTuple):
    """Probability of a measurement, shape ``(...)``, and variances, shape ``(..., 3)``."""

    detection_probability: npt.NDArray[np.float64]
    variances: npt.NDArray[np.float64]


def expected_measurement(
    parameters: npt.NDArray[Any], snr_per_re: npt.ArrayLike, angle_rad: npt.ArrayLike = 0.0
) -> Expected:
    """Return the probability of a measurement and the variances of its errors.

    Args:
        parameters: Of :func:`measurement_parameters`.
        snr_per_re: Linear, in (0, 1e8].
        angle_rad: From broadside, in [-1.57, 1.57]; broadcasts with the SNR.

    Returns:
        Detection probability, and variances of delay, Doppler shift and angle (s**2, Hz**2,
        rad**2; the last infinite for one element).

    Raises:
        ValueError: An argument is outside its range.
    """
    snr, angle = np.broadcast_arrays(np.asarray(snr_per_re, float), np.asarray(angle_rad, float))
    check_range("snr_per_re", snr, Range(0.0, _SNR_MAX, open_low=True))
    check_range("angle_rad", angle, Range(-1.57, 1.57, "rad"))
    probability, variances = np.empty(snr.size), np.empty((snr.size, 3))
    _describe_all(
        parameters, snr.reshape(-1).copy(), angle.reshape(-1).copy(), probability, variances
    )
    return Expected(probability.reshape(snr.shape), variances.reshape((*snr.shape, 3)))


class Measurements(NamedTuple):
    """A batch of draws: ``detected`` of shape ``(n,)``, values and variances of ``(n, 3)``."""

    detected: npt.NDArray[np.bool_]
    values: npt.NDArray[np.float64]
    variances: npt.NDArray[np.float64]


def draw_measurements(
    streams: npt.NDArray[np.uint64],
    parameters: npt.NDArray[Any],
    snr_per_re: npt.ArrayLike,
    truth: npt.ArrayLike,
) -> Measurements:
    """Return one draw for each of n targets; the streams advance.

    Args:
        streams: One random stream a target, uint64, shape ``(n, 4)``, changed in place.
        parameters: Of :func:`measurement_parameters`.
        snr_per_re: Linear, in [0, 1e8], shape ``(n,)`` or a number.
        truth: Delay in s, Doppler shift in Hz, angle in [-1.57, 1.57] rad, shape ``(n, 3)``.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    exact = np.array(truth, dtype=np.float64)
    if exact.ndim != 2 or exact.shape[1] != 3 or streams.shape != (exact.shape[0], 4):
        raise ValueError(f"truth {exact.shape}, streams {streams.shape}: expected (n, 3), (n, 4)")
    snr = np.array(np.broadcast_to(np.asarray(snr_per_re, float), exact.shape[:1]))
    check_range("snr_per_re", snr, Range(0.0, _SNR_MAX))
    check_range("delay and Doppler shift", exact[:, :2], Range(-1e12, 1e12))
    check_range("angle_rad", exact[:, 2], Range(-1.57, 1.57, "rad"))
    values, variances = np.empty(exact.shape), np.empty(exact.shape)
    detected = np.empty(exact.shape[0], np.bool_)
    _measure_all(streams, parameters, snr, exact, values, variances, detected)
    return Measurements(detected, values, variances)
