r"""Reflection coefficients of RIS elements: best phases, quantised phases, coupled amplitudes.

Phases are in turns. A passive element has :math:`\lvert \Gamma \rvert \le 1`. The channel that it
is part of is in ``cascade``.

Sources: Q. Wu and R. Zhang, IEEE Trans. Wireless Commun. 18(11), 2019 (cascade, phases); Q. Wu and
R. Zhang, IEEE Trans. Commun. 68(3), 2020 (quantisation); S. Abeywickrama, R. Zhang, Q. Wu and
C. Yuen, IEEE Trans. Commun. 68(9), 2020, eqs. 3 to 5 (circuit; amplitude: formula read in public
code, k = 1.6 and the circuit's values recalled).
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.mathx import exp2, log2, round_even, sincos_turns

IMPEDANCE_OF_FREE_SPACE_OHM = 377.0  # as rounded in the source


@inlined
def quantised_phase_one(phase_turns: Real, bits: Real) -> Real:
    r"""Return the nearest of :math:`2^\mathrm{bits}` equally spaced phases in turns, in [0, 1).

    Args:
        phase_turns: Wanted phase in turns.
        bits: Number of bits, a whole number.
    """
    levels = exp2(bits)
    index = round_even((phase_turns - math.floor(phase_turns)) * levels)
    return (index if index < levels else 0.0) / levels


@inlined
def quantisation_factor_one(bits: Real) -> Real:
    r"""Return the fraction of the coherent power that quantised phases keep.

    :math:`\operatorname{sinc}^2(2^{-\mathrm{bits}})`.

    For many elements with independent phases and no direct path: 0.4053 with one bit (-3.92 dB),
    0.8106 with two, 0.9496 with three.

    Args:
        bits: Number of bits.
    """
    step = exp2(-bits)
    sinc = sincos_turns(0.5 * step)[0] / (math.pi * step)
    return sinc * sinc


@inlined
def coupled_amplitude_one(
    phase_turns: Real,
    least_amplitude: Real = 0.2,
    offset_turns: Real = 0.215,
    steepness: Real = 1.6,
) -> Real:
    r"""Return the reflection amplitude of a resonant element at a reflection phase.

    :math:`(1 - b) ((\sin(\theta - \phi) + 1) / 2)^k + b`: smallest, b, at :math:`\phi - \pi / 2`.
    Ignoring it costs 5.5 dB with the default parameters and phases spread over the circle.

    Args:
        phase_turns: Reflection phase theta in turns.
        least_amplitude: Smallest amplitude b.
        offset_turns: :math:`\phi` in turns; :math:`0.43 \pi` by default.
        steepness: k; 0 gives amplitude 1.
    """
    base = 0.5 * sincos_turns(phase_turns - offset_turns)[0] + 0.5
    power = exp2(steepness * log2(base)) if base > 1e-30 else (1.0 if steepness == 0.0 else 0.0)
    return (1.0 - least_amplitude) * power + least_amplitude


@inlined
def circuit_reflection_one(
    f_hz: Real, capacitance_f: Real, resistance_ohm: Real, bottom_h: Real, top_h: Real
) -> Any:
    """Return real and imaginary part of Gamma; see :func:`circuit_reflection`.

    Args:
        f_hz: Frequency in Hz.
        capacitance_f: Capacitance in F.
        resistance_ohm: Resistance in ohm.
        bottom_h: Inductance of the bottom layer in H.
        top_h: Inductance of the top layer in H.
    """
    turn = 2.0 * math.pi * f_hz
    bottom, z_0 = turn * bottom_h, IMPEDANCE_OF_FREE_SPACE_OHM
    top = turn * top_h - 1.0 / (turn * capacitance_f)
    upper_re, upper_im = -bottom * top, bottom * resistance_ohm
    lower_re, lower_im = z_0 * resistance_ohm, z_0 * (bottom + top)
    a, b = upper_re - lower_re, upper_im - lower_im
    c, d = upper_re + lower_re, upper_im + lower_im
    scale = 1.0 / (c * c + d * d)
    return (a * c + b * d) * scale, (b * c - a * d) * scale


@inlined
def _circuit_re_one(
    f_hz: Real, capacitance_f: Real, resistance_ohm: Real, bottom_h: Real, top_h: Real
) -> Real:
    return circuit_reflection_one(f_hz, capacitance_f, resistance_ohm, bottom_h, top_h)[0]


@inlined
def _circuit_im_one(
    f_hz: Real, capacitance_f: Real, resistance_ohm: Real, bottom_h: Real, top_h: Real
) -> Real:
    return circuit_reflection_one(f_hz, capacitance_f, resistance_ohm, bottom_h, top_h)[1]


_BITS, _PHASE = Range(1.0, 30.0, whole=True), Range(-1e6, 1e6, "turns")
_CIRCUIT = {
    "f_hz": Range(1e6, 1e13, "Hz"),
    "capacitance_f": Range(1e-18, 1e-6, "F"),
    "resistance_ohm": Range(0.0, 1e6, "ohm"),
    "bottom_h": Range(1e-15, 1e-3, "H"),
    "top_h": Range(1e-15, 1e-3, "H"),
}
quantised_phase = elementwise(quantised_phase_one, phase_turns=_PHASE, bits=_BITS)
quantisation_factor = elementwise(quantisation_factor_one, bits=_BITS)
coupled_amplitude = elementwise(
    coupled_amplitude_one,
    phase_turns=_PHASE,
    least_amplitude=Range(0.0, 1.0),
    offset_turns=Range(-1.0, 1.0, "turns"),
    steepness=Range(0.0, 10.0),
)
_circuit_re = elementwise(_circuit_re_one, **_CIRCUIT)
_circuit_im = elementwise(_circuit_im_one, **_CIRCUIT)


def circuit_reflection(
    f_hz: Real,
    capacitance_f: Real,
    resistance_ohm: Real = 1.0,
    bottom_h: Real = 2.5e-9,
    top_h: Real = 0.7e-9,
) -> Any:
    r"""Return Gamma of an element as a parallel resonant circuit: both parts vary with frequency.

    .. math::

        Z = \frac{j \omega L_1 (j \omega L_2 + 1 / (j \omega C) + R)}
            {j \omega L_1 + j \omega L_2 + 1 / (j \omega C) + R}, \quad
        \Gamma = \frac{Z - 377}{Z + 377}

    Args:
        f_hz: Frequency in Hz, in [1e6, 1e13].
        capacitance_f: Tunable capacitance C in F, in [1e-18, 1e-6].
        resistance_ohm: Loss R in ohm, in [0, 1e6].
        bottom_h: Inductance L1 of the bottom layer in H, in [1e-15, 1e-3].
        top_h: Inductance L2 of the top layer in H, in [1e-15, 1e-3].

    Returns:
        A complex number, or a complex128 array of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range.
    """
    circuit = (f_hz, capacitance_f, resistance_ohm, bottom_h, top_h)
    return _circuit_re(*circuit) + 1j * _circuit_im(*circuit)


@inlined
def aligned_one(direct_re: float, direct_im: float, leg_re: float, leg_im: float) -> Any:
    """Return the coefficient of magnitude 1 that gives a leg the angle of the direct path.

    Args:
        direct_re: Real part of the direct channel.
        direct_im: Its imaginary part; angle 0 without a direct channel.
        leg_re: Real part of the product of both legs.
        leg_im: Its imaginary part; the angle of the direct path where there is no leg.

    Returns:
        Real and imaginary part.
    """
    size = math.sqrt(direct_re * direct_re + direct_im * direct_im)
    along, across = (direct_re / size, direct_im / size) if size > 0.0 else (1.0, 0.0)
    length = math.sqrt(leg_re * leg_re + leg_im * leg_im)
    scale = 1.0 / (length if length > 0.0 else 1.0)
    aligned = (along * leg_re + across * leg_im) * scale
    turned = (across * leg_re - along * leg_im) * scale
    return aligned if length > 0.0 else along, turned if length > 0.0 else across


@jit
def fill_optimal_reflection(
    direct_re: float, direct_im: float, leg_re: Any, leg_im: Any, out_re: Any, out_im: Any
) -> None:
    """Write the coefficients of :func:`optimal_reflection`; the legs are products g h, ``(N,)``.

    Args:
        direct_re: Real part of the direct channel.
        direct_im: Its imaginary part.
        leg_re: Real parts of the products g h, shape ``(N,)``.
        leg_im: Their imaginary parts.
        out_re: Receives the real parts, shape ``(N,)``.
        out_im: Receives the imaginary parts, shape ``(N,)``.
    """
    for n in range(out_re.shape[0]):
        out_re[n], out_im[n] = aligned_one(direct_re, direct_im, leg_re[n], leg_im[n])


def optimal_reflection(direct: complex, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    r"""Return the unit coefficients that add all paths in phase.

    :math:`\theta = \arg h_d - \arg(g h)`. With them,
    :math:`\lvert y \rvert = \lvert h_d \rvert + \sum \lvert g h \rvert`, the largest of all with
    :math:`\lvert \Gamma \rvert \le 1`.

    Args:
        direct: Direct path h_d; 0 if there is none, which leaves the total real.
        first: Legs h to the elements, shape ``(N,)``.
        second: Legs g from the elements, shape ``(N,)``.

    Returns:
        complex128 of shape ``(N,)`` and magnitude 1, also where a leg is 0.

    Raises:
        ValueError: A value is not finite.
    """
    legs = np.asarray(second, np.complex128) * np.asarray(first, np.complex128)
    if not (np.isfinite(legs).all() and np.isfinite(direct)):
        raise ValueError("direct path or legs are not finite")
    out = np.empty((2, legs.size))
    parts = np.ascontiguousarray(legs.real), np.ascontiguousarray(legs.imag)
    whole = complex(direct)
    fill_optimal_reflection(whole.real, whole.imag, *parts, out[0], out[1])
    return out[0] + 1j * out[1]


def reflection_states(
    bits: int,
    least_amplitude: float = 1.0,
    offset_turns: float = 0.215,
    steepness: float = 1.6,
) -> np.ndarray:
    r"""Return the coefficients of an element with b bits: equally spaced phases, with amplitudes.

    Args:
        bits: Number b of bits, 1..16.
        least_amplitude: Smallest amplitude, in [0, 1]; 1 for amplitudes that do not depend on the
            phase. As in :func:`coupled_amplitude`, like the next two.
        offset_turns: Phase offset of the amplitude in turns.
        steepness: Exponent of the amplitude.

    Returns:
        complex128, shape ``(2**b,)``, beginning with phase 0.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_range("bits", float(bits), Range(1.0, 16.0, whole=True))
    count = 1 << int(bits)
    turns = np.arange(count) / count
    sizes = coupled_amplitude(turns, least_amplitude, offset_turns, steepness)
    unit = np.array([complex(*sincos_turns(each)[::-1]) for each in turns])
    return sizes * unit
