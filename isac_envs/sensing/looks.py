"""Looks by their statistics: detections, their accuracy, and false alarms.

A look is a beam that integrates an OFDM grid coherently. Targets fluctuate (Swerling 1, one draw
per look); static clutter is removed with the bin at 0 Hz; the threshold is cell averaging. The
errors of a detection are normal with the Cramer-Rao variances; in angle, with the variance of the
phase between the halves of the array. :mod:`isac_envs.sensing.echoes` makes the same detections
from the grid.

The sender may be another station (bistatic). Then everything is in the frame of the receiver, whose
whole array forms beams by computing: ranges and their rates are those of half the total path, the
beam and its side lobes are the sender's alone. Other sources of noise raise the loss of the look.

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
from isac_envs.kernels.estimation.bounds import (
    delay_variance_one,
    doppler_variance_one,
    range_variance_monostatic_one,
    split_aperture_variance_one,
    velocity_variance_monostatic_one,
)
from isac_envs.kernels.numerics.plane import focal_distance_one, turned_one
from isac_envs.kernels.pathloss.free_space import (
    radar_received_power,
    thermal_noise,
    wavelength,
)
from isac_envs.kernels.radar.bins import bin_gain_one
from isac_envs.kernels.radar.cfar import ca_probability, cfar_factor
from isac_envs.kernels.radar.echo import OfdmGrid
from isac_envs.kernels.radar.range_doppler import resolution_limits
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
        one = OfdmGrid(
            self.carrier_hz, self.subcarrier_step_hz, self.symbol_step_s, 0.0, self.subcarriers, 1
        )
        return resolution_limits(one).range_resolution_m

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


class Sender(NamedTuple):
    """Where the sender of a look is, in the frame of the receiver."""

    x_m: float
    """Along the boresight of the receiver."""
    y_m: float
    """Across."""
    cosine: float
    """Of the angle from the receiver's boresight to the sender's."""
    sine: float
    """Of this angle."""
    apart_m: float
    """Distance of the two; 0 for a station that looks by itself."""


HERE = Sender(0.0, 0.0, 1.0, 0.0, 0.0)
"""The receiver is the sender."""


class Look(NamedTuple):
    """Direction and duration of a look."""

    sine: float
    """Sine of the beam's angle from broadside, of the sender."""
    symbols: float
    """Integrated symbols M."""
    loss: float
    """Loss of SNR of the waveform, linear, at least 1."""
    columns: float
    """Elements that form the beam, at most those of the array."""
    sender: Sender = HERE
    """Who sends it."""


class Echo(NamedTuple):
    """A target in a look."""

    range_m: float
    """Distance from the receiver."""
    range_rate_m_s: float
    """Rate of half the total path, positive when it increases."""
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
def leaving(look: Look, range_m: float, sine: float) -> tuple[float, float]:
    """Return the squared distance of a place from the sender, and the sine of its azimuth there.

    Behind the sender the sine is 2, outside of every beam.

    Args:
        look: The look.
        range_m: Distance of the place from the receiver in m.
        sine: Sine of its azimuth at the receiver.
    """
    square, sender = range_m * range_m, look.sender
    if sender.apart_m <= 0.0:
        return square, sine
    x, y = range_m * cosine_of(sine) - sender.x_m, range_m * sine - sender.y_m
    square = max(x * x + y * y, 1e-6)
    ahead, aside = turned_one(x, y, sender.cosine, -sender.sine)
    return square, aside / math.sqrt(square) if ahead > 0.0 else 2.0


@inlined
def path_one(look: Look, range_m: float, sine: float) -> float:
    """Return half the path from the sender over a place to the receiver, in m.

    Args:
        look: The look.
        range_m: Distance of the place from the receiver in m.
        sine: Sine of its azimuth at the receiver.
    """
    if look.sender.apart_m <= 0.0:
        return range_m
    return 0.5 * (math.sqrt(leaving(look, range_m, sine)[0]) + range_m)


@inlined
def range_of_path_one(look: Look, path_m: float, sine: float) -> float:
    """Return the distance from the receiver that half a path means in a direction.

    The places of a path are an ellipse with sender and receiver in its foci. A path of which no
    place is farther than a millimetre off the straight way counts as one that is.

    Args:
        look: The look.
        path_m: Half the path from the sender to the receiver in m.
        sine: Sine of the azimuth at the receiver.
    """
    sender = look.sender
    if sender.apart_m <= 0.0:
        return path_m
    total, apart = max(2.0 * path_m, sender.apart_m + 1e-3), sender.apart_m
    along = sender.x_m * cosine_of(sine) + sender.y_m * sine
    return focal_distance_one(total, apart, along)


@inlined
def _element_db(sine: float) -> float:
    """Return the gain of an element over its peak, ahead of the array."""
    azimuth_deg = 360.0 * mathx.atan2_turns(sine, cosine_of(sine))
    return element_gain_38901_one(90.0, azimuth_deg) - ELEMENT_GAIN_DB


@inlined
def mean_snr_one(p: Record, look: Look, range_m: float, sine: float) -> float:
    """Return the mean SNR of 1 m^2 after the matched filter, on a bin, without Doppler notch.

    Args:
        p: Parameters of the radar.
        look: The look.
        range_m: Distance of the target from the receiver in m.
        sine: Sine of its azimuth at the receiver.
    """
    sent_square, sent = leaving(look, range_m, sine)
    pattern = beam_gain(look, sent)
    if pattern <= 0.0:
        return 0.0
    share, square = look.columns / p.columns, range_m * range_m
    if look.sender.apart_m > 0.0:  # the whole array receives
        gains = pattern * share * mathx.db_to_linear(_element_db(sent) + _element_db(sine))
    else:
        gains = pattern * pattern * (share * share) * mathx.db_to_linear(2.0 * _element_db(sine))
    return p.snr_at_1m * look.symbols / look.loss * gains / (square * sent_square)


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
        snr: After the matched filter, linear.
        sine: Sine of the angle from the receiver's broadside.
        variances: Receives those of half the path (m^2), azimuth (rad^2) and range rate (m^2/s^2).
    """
    n, m = p.sensing_subcarriers, look.symbols
    each = snr / (n * m)
    delay = delay_variance_one(each, p.subcarrier_step_hz, n, m)
    doppler = doppler_variance_one(each, p.symbol_step_s, n, m)
    cosine = cosine_of(sine)
    columns = 1.0 * p.columns if look.sender.apart_m > 0.0 else look.columns
    sine_variance = split_aperture_variance_one(snr, HALF_WAVELENGTH, columns)
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
    path = path_one(look, echo.range_m, echo.sine)
    snr *= range_gain_one(p, path) * doppler_gain_one(p, look, echo.range_rate_m_s)
    snr *= exponential(stream)
    real = math.sqrt(snr) + math.sqrt(0.5) * rng.normal(stream)
    imaginary = math.sqrt(0.5) * rng.normal(stream)
    first, second, third = rng.normal(stream), rng.normal(stream), rng.normal(stream)
    found.statistic = real * real + imaginary * imaginary
    if found.statistic <= p.cfar_factor or snr <= 0.0:
        return False
    error_variances(p, look, max(snr, LEAST_SNR), echo.sine, variances)
    shift = cosine_of(echo.sine) * math.sqrt(variances[1]) * second
    found.range_m = max(path + math.sqrt(variances[0]) * first, 1e-3)
    found.sine = min(max(echo.sine + shift, -1.0), 1.0)
    found.range_rate_m_s = echo.range_rate_m_s + math.sqrt(variances[2]) * third
    return True


@jit
def false_alarms(p: Record, look: Look, stream: rng.Stream, detections: Any, count: int) -> int:
    """Append the false alarms of a look and return the new number of detections.

    A receiver beside the sender follows the pulse with its beams: it has as many cells, each where
    a path meets the beam. Those behind it or on the straight way from the sender are none.

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
            count += 1 if look.sender.apart_m <= 0.0 else _arrives(p, look, found)
    return count


@jit
def _arrives(p: Record, look: Look, found: Record) -> int:
    """Turn the sine at the sender into that at the receiver; return 1 if there is a cell, else 0.

    Args:
        p: Parameters of the radar.
        look: The look.
        found: A detection with its path and the sine at the sender; written.
    """
    sender, total = look.sender, 2.0 * found.range_m
    u, v = turned_one(cosine_of(found.sine), found.sine, sender.cosine, sender.sine)
    apart, along = sender.apart_m, -(sender.x_m * u + sender.y_m * v)
    if total <= apart + 2.0 * p.range_cell_m:
        return 0
    far = focal_distance_one(total, apart, along)
    x, y = sender.x_m + far * u, sender.y_m + far * v
    found.sine = y / math.sqrt(x * x + y * y + 1e-12)
    return 1 if x > 0.0 else 0
