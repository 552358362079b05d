"""Beam gains in closed form, DFT codebooks and antenna patterns.

Directions enter linear arrays as the cosine with the array axis, the sine of the angle from
broadside. Array gains are powers for weights of unit norm and elements of gain 1: at most N, and
equal to the directivity only at half a wavelength. They multiply with the element's pattern.

Sources: 3GPP TR 38.901 V19.4.0, table 7.3-1 (element); all others recalled, not read again:
Mailloux, "Phased Array Antenna Handbook", 2nd ed., 2005, ch. 1 and 2 (array factor, squint); IEEE
802.15.3c-2009 (Gaussian lobe); Thornburg, Bai and Heath, IEEE Trans. Signal Process. 64(15), 2016.
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.mathx import acos_turns, linear_to_db, ln, round_even, sincos_turns
from isac_envs.kernels.arrays.steering import COSINE, ELEMENTS, SPACING
from isac_envs.kernels.numerics import portable

ELEMENT_MEAN_GAIN_LIN = 0.6567977320921198
"""Mean over the sphere of the TR 38.901 element's gain: not 1, and never to be renormalised."""

_LOBE_DB = 4.169902048596748  # 20 lg(1.6162)


@inlined
def dirichlet_gain_one(turns: Real, elements: Real) -> Real:
    r"""Return the gain of N elements with t turns of phase between neighbours.

    :math:`\sin^2(\pi N t) / (N \sin^2(\pi t))`.

    Args:
        turns: Residual phase between neighbouring elements after weighting, in turns.
        elements: Number N of elements, a whole number.
    """
    t = turns - round_even(turns)
    sine = sincos_turns(0.5 * t)[0]
    multiple = sincos_turns(0.5 * elements * t)[0]
    aside = abs(sine) > 1e-150  # else at the peak: a ratio of subnormal numbers is not exact
    ratio = multiple / (sine if aside else 1.0)
    return ratio * ratio / elements if aside else elements


@inlined
def ula_beam_gain_one(
    look_cosine: Real, steer_cosine: Real, elements: Real, spacing_wavelengths: Real = 0.5
) -> Real:
    """Return the gain of a linear array, steered to one direction, towards another; at most N.

    Args:
        look_cosine: Cosine of the angle between the observed direction and the array axis.
        steer_cosine: Cosine of the beam's direction.
        elements: Number N of elements.
        spacing_wavelengths: Distance of neighbours in wavelengths.
    """
    return dirichlet_gain_one(spacing_wavelengths * (look_cosine - steer_cosine), elements)


@inlined
def squinted_gain_one(
    look_cosine: Real,
    steer_cosine: Real,
    elements: Real,
    frequency_ratio: Real,
    spacing_wavelengths: Real = 0.5,
) -> Real:
    """Return the gain off the carrier of a beam made by phase shifters; its peak squints.

    The shifters keep the carrier's phases: the peak at f is at ``steer_cosine * carrier / f``.

    Args:
        look_cosine: Cosine of the angle between the observed direction and the array axis.
        steer_cosine: Cosine of the direction that the phases serve at the carrier.
        elements: Number of elements.
        frequency_ratio: Frequency over carrier.
        spacing_wavelengths: Distance of neighbours in wavelengths of the carrier.
    """
    turns = spacing_wavelengths * (look_cosine * frequency_ratio - steer_cosine)
    return dirichlet_gain_one(turns, elements)


@jit
def half_power_cosine_one(elements: Real, spacing_wavelengths: Real = 0.5) -> Real:
    """Return the distance in cosine from the peak of a linear array's gain to half of it.

    Args:
        elements: Number of elements, at least 2.
        spacing_wavelengths: Distance of neighbours in wavelengths.
    """
    low, high = 0.0, 1.0 / elements
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = 2.0 * dirichlet_gain_one(middle, elements) > elements
        low, high = (middle, high) if above else (low, middle)
    return 0.5 * (low + high) / spacing_wavelengths


@inlined
def element_gain_38901_one(zenith_deg: Real, azimuth_deg: Real) -> Real:
    """Return the gain of the TR 38.901 element in dBi: 8 at its peak, never below -22.

    Its mean over the sphere is 0.6568, not 1: a loss of 1.83 dB is part of the model.

    Args:
        zenith_deg: Zenith angle in degrees; 90 is the horizon.
        azimuth_deg: Azimuth from boresight in degrees.
    """
    vertical, horizontal = (zenith_deg - 90.0) / 65.0, azimuth_deg / 65.0
    loss = min(12.0 * vertical * vertical, 30.0) + min(12.0 * horizontal * horizontal, 30.0)
    return 8.0 - min(loss, 30.0)


@inlined
def gaussian_lobe_gain_one(offset_deg: Real, beamwidth_deg: Real) -> Real:
    r"""Return the gain in dBi of the IEEE 802.15.3c pattern: a Gaussian main lobe, one side level.

    :math:`20 \lg(1.6162 / \sin(w / 2)) - 3.01 (2 x / w)^2` up to :math:`x = 1.3 w`, then
    :math:`-0.4111 \ln w - 10.579` with w in degrees. The pattern is discontinuous at its edge.

    Args:
        offset_deg: Angle x from the axis of the beam in degrees, of either sign.
        beamwidth_deg: Half-power beamwidth w in degrees.
    """
    relative = offset_deg / beamwidth_deg
    half_sine = sincos_turns(beamwidth_deg / 720.0)[0]
    main = _LOBE_DB - 2.0 * linear_to_db(half_sine) - 3.01 * 4.0 * relative * relative
    side = -0.4111 * ln(beamwidth_deg) - 10.579
    return main if abs(relative) <= 1.3 else side


@inlined
def sectored_gain_one(
    offset_rad: Real, beamwidth_rad: Real, main_gain_lin: Real, side_gain_lin: Real
) -> Real:
    """Return the gain of a sectored pattern, linear: one value inside the beam, one outside.

    Args:
        offset_rad: Angle from the axis of the beam in rad, of either sign.
        beamwidth_rad: Full width of the main lobe in rad.
        main_gain_lin: Gain inside, linear.
        side_gain_lin: Gain outside, linear.
    """
    return main_gain_lin if 2.0 * abs(offset_rad) <= beamwidth_rad else side_gain_lin


@inlined
def sectored_main_gain_one(beamwidth_rad: Real, side_gain_lin: Real) -> Real:
    """Return the main-lobe gain, linear, with which a sectored pattern in the plane has mean 1.

    Args:
        beamwidth_rad: Full width of the main lobe in rad.
        side_gain_lin: Gain outside, linear, at most 1.
    """
    return side_gain_lin + 2.0 * math.pi * (1.0 - side_gain_lin) / beamwidth_rad


_GAIN = Range(0.0, 1e12)
_WIDTH = Range(0.0, 2.0 * math.pi, "rad", open_low=True)
_BEAM = {
    "look_cosine": COSINE,
    "steer_cosine": COSINE,
    "elements": ELEMENTS,
    "spacing_wavelengths": SPACING,
}
dirichlet_gain = elementwise(dirichlet_gain_one, turns=Range(-1e6, 1e6), elements=ELEMENTS)
ula_beam_gain = elementwise(ula_beam_gain_one, **_BEAM)
squinted_gain = elementwise(squinted_gain_one, frequency_ratio=Range(1e-3, 1e3), **_BEAM)
half_power_cosine = elementwise(
    half_power_cosine_one, elements=Range(2.0, 65536.0, whole=True), spacing_wavelengths=SPACING
)
element_gain_38901 = elementwise(
    element_gain_38901_one,
    zenith_deg=Range(0.0, 180.0, "deg"),
    azimuth_deg=Range(-180.0, 180.0, "deg"),
)
gaussian_lobe_gain = elementwise(
    gaussian_lobe_gain_one,
    offset_deg=Range(-180.0, 180.0, "deg"),
    beamwidth_deg=Range(0.01, 180.0, "deg"),
)
sectored_gain = elementwise(
    sectored_gain_one,
    offset_rad=Range(-math.pi, math.pi, "rad"),
    beamwidth_rad=_WIDTH,
    main_gain_lin=_GAIN,
    side_gain_lin=_GAIN,
)
sectored_main_gain = elementwise(
    sectored_main_gain_one, beamwidth_rad=_WIDTH, side_gain_lin=Range(0.0, 1.0)
)


@jit
def fill_beam_gains(
    looks: Any, steers: Any, elements: float, spacing_wavelengths: float, out: Any
) -> None:
    """Write :func:`ula_beam_gain` of every beam and user into ``out``, shape ``(beams, users)``.

    Args:
        looks: Cosines of the directions of the users, shape ``(users,)``.
        steers: Cosines of the directions of the beams, shape ``(beams,)``.
        elements: Number of elements.
        spacing_wavelengths: Distance of the elements in wavelengths.
        out: Receives the gains, shape ``(beams, users)``.
    """
    for b in range(out.shape[0]):
        for u in range(out.shape[1]):
            out[b, u] = ula_beam_gain_one(looks[u], steers[b], elements, spacing_wavelengths)


def half_power_beamwidth(
    elements: int, spacing_wavelengths: float = 0.5, steer_cosine: float = 0.0
) -> float:
    """Return the half-power beamwidth of a linear array in rad; it widens off broadside.

    Args:
        elements: Number of elements in [2, 65536].
        spacing_wavelengths: Distance of neighbours in wavelengths.
        steer_cosine: Cosine of the beam's direction with the array axis, in [-1, 1].

    Raises:
        ValueError: An argument is outside its range, or the gain does not fall to half before the
            end of the array axis.
    """
    half = half_power_cosine(elements, spacing_wavelengths)
    check_range("steer_cosine", float(steer_cosine), Range(half - 1.0, 1.0 - half))
    return math.tau * (acos_turns(steer_cosine - half) - acos_turns(steer_cosine + half))


def dft_turns(elements: int, oversampling: int = 1) -> np.ndarray:
    """Return the phases per element of a DFT codebook in turns, in [-1/2, 1/2), ascending.

    Divided by the spacing in wavelengths they are the cosines of the beams; a beam beyond 1 in
    magnitude, below half a wavelength, is outside the visible region. One row, N * oversampling.

    Args:
        elements: Number N of elements in [1, 65536].
        oversampling: Beams per element in [1, 64]; beams N apart stay orthogonal.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_range("elements", float(elements), ELEMENTS)
    check_range("oversampling", float(oversampling), Range(1.0, 64.0, whole=True))
    beams = int(elements) * int(oversampling)
    return (np.arange(beams) - beams // 2) / beams


def dft_codebook(elements: int, oversampling: int = 1) -> np.ndarray:
    """Return the unit-norm receive weights w of :func:`dft_turns`.

    Reception is :math:`w^H y`; transmission uses :math:`w^*`. complex128, shape
    ``(elements * oversampling, elements)``. Arguments and errors as there.
    """
    turns = np.outer(dft_turns(elements, oversampling), np.arange(elements))
    sines, cosines = portable.sincos_turns(turns)
    return (cosines + 1j * sines) / math.sqrt(elements)
