"""Looks by their statistics: detections, their accuracy, and false alarms.

A look is a beam that integrates an OFDM grid coherently. Targets fluctuate (Swerling 1, one draw
per look); static clutter is removed with the bin at 0 Hz; the threshold is cell averaging. The
errors of a detection are normal with the Cramer-Rao variances; in angle, with the variance of the
phase between the halves of the array. :mod:`isac_envs.sensing.echoes` makes the same detections
from the grid.

Kernels take a record ``p`` with the fields of :meth:`Radar.fields`, such as the parameters of an
environment.

Sources: 3GPP TR 38.901 V19.4.0, clause 7.9 (cross sections) and table 7.3-1 (element);
:mod:`isac_envs.kernels.radar` for detection, bounds and the map.
"""

import math
from typing import Any, NamedTuple

from isac_envs.engine import mathx, rng
from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.kernels.arrays.beams import dirichlet_gain_one, element_gain_38901_one
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.estimation.bounds import (
    delay_variance_one,
    doppler_variance_one,
    range_variance_monostatic_one,
    split_aperture_variance_one,
    velocity_variance_monostatic_one,
)
from isac_envs.kernels.pathloss.free_space import (
    radar_received_power,
    thermal_noise,
    wavelength,
)
from isac_envs.kernels.radar.bins import bin_gain_one
from isac_envs.kernels.radar.cfar import ca_probability, cfar_factor
from isac_envs.kernels.radar.swerling import exponential
from isac_envs.sensing.detections import MOST_DETECTIONS

LEAST_SNR = 4.0
"""SNR below which the errors of a detection grow no further, as it has passed the threshold."""

ELEMENT_GAIN_DB = 8.0
HALF_WAVELENGTH = 0.5


class Radar(NamedTuple):
    """An OFDM radar with a uniform linear array of half-wavelength spacing."""

    carrier_hz: float
    """Carrier frequency."""
    power_w: float
    """Power of one resource element of the grid, W."""
    columns: int
    """Elements N_a of the transmit and receive array, with TR 38.901's pattern."""
    noise_figure_db: float
    """Noise figure of the receiver."""
    loss_db: float
    """All other losses."""
    subcarrier_spacing_hz: float
    """Subcarrier spacing, the noise bandwidth of a resource element."""
    subcarriers: int
    """Number N of processed subcarriers."""
    subcarrier_step_hz: float
    """Spacing of the processed subcarriers."""
    symbol_step_s: float
    """Time between processed symbols."""
    data_loss: float
    r"""Loss of SNR by division by data, linear, :math:`E[1 / \lvert s \rvert^2]`; 17/9 for
    16-QAM."""
    false_alarm_probability: float
    """False alarm probability in one cell of the map."""
    train_cells: int
    """Training cells of the threshold on each side, on either axis."""
    guard_cells: int
    """Guard cells on each side, on either axis."""
    range_from_m: float
    """Nearest observed range."""
    range_to_m: float
    """Farthest observed range."""

    @property
    def range_cell_m(self) -> float:
        r"""Range resolution :math:`c / (2 N\, \Delta f)`."""
        return SPEED_OF_LIGHT_M_S / (2.0 * self.subcarriers * self.subcarrier_step_hz)

    @property
    def fastest_m_s(self) -> float:
        r"""Unambiguous radial speed :math:`\lambda / (4 T)`."""
        return float(wavelength(self.carrier_hz)) / (4.0 * self.symbol_step_s)

    @property
    def cfar_cells(self) -> int:
        """Training cells of a threshold."""
        outer = 2 * (self.train_cells + self.guard_cells) + 1
        inner = 2 * self.guard_cells + 1
        return outer * outer - inner * inner

    def snr(self, range_m: float, cross_section_m2: float, symbols: int) -> float:
        """Return the SNR after the matched filter at the centre of a beam at broadside, linear.

        Args:
            range_m: Distance of the target.
            cross_section_m2: Cross section of the target.
            symbols: Symbols M of the look.
        """
        gain = self.columns * mathx.db_to_linear(ELEMENT_GAIN_DB)
        loss = mathx.db_to_linear(self.loss_db)
        echo = radar_received_power(
            self.power_w, gain, gain, self.carrier_hz, cross_section_m2, range_m, range_m, loss
        )
        noise = thermal_noise(self.subcarrier_spacing_hz, self.noise_figure_db)
        return float(self.subcarriers * symbols * echo / noise)

    def fields(self) -> dict[str, Any]:
        """Return the fields that kernels read."""
        return {
            "carrier_hz": self.carrier_hz,
            "wavelength_m": float(wavelength(self.carrier_hz)),
            "columns": self.columns,
            "sensing_subcarriers": self.subcarriers,
            "subcarrier_step_hz": self.subcarrier_step_hz,
            "symbol_step_s": self.symbol_step_s,
            "data_loss": self.data_loss,
            "snr_at_1m": self.snr(1.0, 1.0, 1),
            "range_cell_m": self.range_cell_m,
            "fastest_m_s": self.fastest_m_s,
            "range_from_m": self.range_from_m,
            "range_to_m": self.range_to_m,
            "false_alarm_probability": self.false_alarm_probability,
            "train_cells": self.train_cells,
            "guard_cells": self.guard_cells,
            "cfar_cells": self.cfar_cells,
            "cfar_factor": cfar_factor("ca", self.false_alarm_probability, self.cfar_cells),
        }


class Look(NamedTuple):
    """Direction and duration of a look."""

    sine: float
    """Sine of the beam's angle from broadside."""
    symbols: float
    """Integrated symbols M."""
    loss: float
    """Loss of SNR of the waveform, linear, at least 1."""
    columns: float
    """Elements that form the beam, at most those of the array."""


class Echo(NamedTuple):
    """A target in a look."""

    range_m: float
    """Distance."""
    range_rate_m_s: float
    """Rate of the distance, positive when it increases."""
    sine: float
    """Sine of the angle from broadside."""
    cross_section_m2: float
    """Mean cross section."""


@inlined
def cosine_of(sine: float) -> float:
    """Return the cosine of an angle from broadside, never 0."""
    return math.sqrt(max(1.0 - sine * sine, 1e-6))


@inlined
def beam_gain(look: Look, sine: float) -> float:
    """Return the one-way gain over the peak of the look's beam; 0 beyond its first null."""
    offset = sine - look.sine
    if abs(offset) * look.columns >= 2.0:  # side lobes are blanked
        return 0.0
    return dirichlet_gain_one(HALF_WAVELENGTH * offset, look.columns) / look.columns


@inlined
def mean_snr_one(p: Record, look: Look, range_m: float, sine: float) -> float:
    """Return the mean SNR of 1 m^2 after the matched filter, on a bin, without Doppler notch.

    Args:
        p: Parameters of the radar.
        look: The look.
        range_m: Distance of the target in m.
        sine: Sine of its azimuth.
    """
    pattern = beam_gain(look, sine)
    if pattern <= 0.0:
        return 0.0
    share = look.columns / p.columns
    azimuth_deg = 360.0 * mathx.atan2_turns(sine, cosine_of(sine))
    element_db = element_gain_38901_one(90.0, azimuth_deg) - ELEMENT_GAIN_DB
    square = range_m * range_m
    gains = pattern * pattern * (share * share) * mathx.db_to_linear(2.0 * element_db)
    return p.snr_at_1m * look.symbols / look.loss * gains / (square * square)


@inlined
def speed_cell_m_s(p: Record, look: Look) -> float:
    r"""Return the resolution of the radial speed, :math:`\lambda / (2 M T)`."""
    return p.wavelength_m / (2.0 * look.symbols * p.symbol_step_s)


@inlined
def doppler_gain_one(p: Record, look: Look, range_rate_m_s: float) -> float:
    """Return the fraction of power kept between Doppler bins, with the bin at 0 Hz deleted.

    Args:
        p: Parameters of the radar.
        look: The look.
        range_rate_m_s: Rate of the distance in m/s.
    """
    cells = abs(range_rate_m_s) / speed_cell_m_s(p, look)
    return bin_gain_one(cells - max(mathx.round_even(cells), 1.0))


@inlined
def range_gain_one(p: Record, range_m: float) -> float:
    """Return the fraction of power kept between range bins."""
    cells = range_m / p.range_cell_m
    return bin_gain_one(cells - mathx.round_even(cells))


@inlined
def detection_probability_one(p: Record, mean_snr: float) -> float:
    """Return the probability that a fluctuating target exceeds the threshold of its cell."""
    return ca_probability(p.cfar_factor, p.cfar_cells, mean_snr)


@inlined
def error_variances(p: Record, look: Look, snr: float, sine: float, variances: Any) -> None:
    """Write the error variances of a detection.

    Args:
        p: Parameters.
        look: The look.
        snr: SNR after the matched filter, linear.
        sine: Sine of the angle from broadside.
        variances: Receives the variances of range (m^2), azimuth (rad^2) and range rate (m^2/s^2).
    """
    n, m = p.sensing_subcarriers, look.symbols
    each = snr / (n * m)
    delay = delay_variance_one(each, p.subcarrier_step_hz, n, m)
    doppler = doppler_variance_one(each, p.symbol_step_s, n, m)
    cosine = cosine_of(sine)
    sine_variance = split_aperture_variance_one(snr, HALF_WAVELENGTH, look.columns)
    variances[0] = range_variance_monostatic_one(delay)
    variances[1] = sine_variance / (cosine * cosine)
    variances[2] = velocity_variance_monostatic_one(doppler, p.carrier_hz)


@jit
def detect(
    p: Record, look: Look, stream: rng.Stream, echo: Echo, variances: Any, found: Any
) -> bool:
    """Draw whether a target is detected, and its measurement; the number of draws is fixed.

    Args:
        p: Parameters.
        look: The look.
        stream: Random stream of the look.
        echo: The target.
        variances: Scratch, shape ``(3,)``.
        found: Receives the detection; undefined without one.

    Returns:
        Whether it is detected.
    """
    snr = mean_snr_one(p, look, echo.range_m, echo.sine) * echo.cross_section_m2
    snr *= range_gain_one(p, echo.range_m) * doppler_gain_one(p, look, echo.range_rate_m_s)
    snr *= exponential(stream)
    real = math.sqrt(snr) + math.sqrt(0.5) * rng.normal(stream)
    imaginary = math.sqrt(0.5) * rng.normal(stream)
    first, second, third = rng.normal(stream), rng.normal(stream), rng.normal(stream)
    found.statistic = real * real + imaginary * imaginary
    if found.statistic <= p.cfar_factor or snr <= 0.0:
        return False
    error_variances(p, look, max(snr, LEAST_SNR), echo.sine, variances)
    shift = cosine_of(echo.sine) * math.sqrt(variances[1]) * second
    found.range_m = max(echo.range_m + math.sqrt(variances[0]) * first, 1e-3)
    found.sine = min(max(echo.sine + shift, -1.0), 1.0)
    found.range_rate_m_s = echo.range_rate_m_s + math.sqrt(variances[2]) * third
    return True


@jit
def false_alarms(p: Record, look: Look, stream: rng.Stream, detections: Any, count: int) -> int:
    """Append the false alarms of a look and return the new number of detections.

    Args:
        p: Parameters.
        look: The look.
        stream: Random stream of the look.
        detections: Records, shape ``(D,)``.
        count: Number of detections so far.
    """
    cells = p.range_to_m / p.range_cell_m * (look.symbols - 1.0)
    number = rng.poisson(stream, min(p.false_alarm_probability * cells, 1.0 * MOST_DETECTIONS))
    for _ in range(number):
        far, fast = rng.uniform(stream), 2.0 * rng.uniform(stream) - 1.0
        aside, above = 2.0 * rng.uniform(stream) - 1.0, exponential(stream)
        if count < detections.shape[0]:
            found = detections[count]
            found.range_m = p.range_from_m + far * (p.range_to_m - p.range_from_m)
            found.range_rate_m_s = fast * p.fastest_m_s
            found.sine = min(max(look.sine + aside / look.columns, -1.0), 1.0)
            found.statistic = p.cfar_factor + above
            count += 1
    return count
