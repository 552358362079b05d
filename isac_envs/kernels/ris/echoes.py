r"""Echoes of a target that is seen directly and over a surface, and how elements change them.

A base station sends the beams W over the channel :math:`h = h_d + (h_r \odot \Gamma)\, G` to a
target. The target scatters, and by reciprocity the echo returns over the same channel to the same
array. A matched receive beam gives the radar SNR

.. math::

    \gamma = g\, \lVert h \rVert^2\, \lVert h W \rVert^2

with g the gain of the target and of integration over the noise. The slope of an element is, with
everything else fixed, the coefficient c in the change of :math:`\ln \gamma` by :math:`2\,
\mathrm{Re}(\Gamma_n^* c)`, as in :mod:`~isac_envs.kernels.ris.slopes`.

Source: R. Liu, M. Li, H. Luo, Q. Liu and A. L. Swindlehurst, IEEE Trans. Wireless Commun. 2024,
arXiv 2301.11134 (echo over all pairs of paths, radar SNR). The slopes were derived here.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one, squared_length
from isac_envs.kernels.precoding.rates import complex_matrix
from isac_envs.kernels.ris.cascade import Links, checked_links, checked_reflection, fill_cascade

_GAIN = Range(0.0, 1e30)


@jit
def illumination(channel: Any, precoder: Any) -> float:
    """Return the power that beams bring to the end of a channel, of all beams together.

    Args:
        channel: Shape ``(M,)``.
        precoder: W, shape ``(M, S)``.
    """
    total = 0.0
    for j in range(precoder.shape[1]):
        arriving = complex(0.0, 0.0)
        for m in range(precoder.shape[0]):
            arriving += channel[m] * precoder[m, j]
        total += square_one(arriving)
    return total


@jit
def echo_snr(channel: Any, precoder: Any, gain: float) -> float:
    """Return the radar SNR of a target, linear.

    Args:
        channel: Channel to the target over all paths, shape ``(M,)``.
        precoder: W, shape ``(M, S)``.
        gain: Gain of the target and of integration over the noise, linear.
    """
    return gain * squared_length(channel) * illumination(channel, precoder)


@jit
def fill_echo_slopes(links: Links, channel: Any, precoder: Any, reflection: Any, out: Any) -> None:
    """Write the slopes of the logarithm of the radar SNR by all elements; zeros without an echo.

    Args:
        links: The channels that the surface connects; the target is their last receiver.
        channel: Channel to the target with the present coefficients, shape ``(M,)``.
        precoder: W, shape ``(M, S)``.
        reflection: Present coefficients, shape ``(N,)``.
        out: Receives the slopes, shape ``(N,)``.
    """
    target = links.reflected.shape[0] - 1
    length, power = squared_length(channel), illumination(channel, precoder)
    per_length = 1.0 / length if length > 0.0 else 0.0
    per_power = 1.0 / power if power > 0.0 else 0.0
    for n in range(out.shape[0]):
        leg = links.reflected[target, n]
        slope, own = complex(0.0, 0.0), 0.0
        for m in range(channel.shape[0]):
            part = leg * links.incident[n, m]
            slope += scaled_one(part.conjugate() * channel[m], per_length)
            own += per_length * square_one(part)
        for j in range(precoder.shape[1]):
            arriving, beam = complex(0.0, 0.0), complex(0.0, 0.0)
            for m in range(channel.shape[0]):
                arriving += channel[m] * precoder[m, j]
                beam += links.incident[n, m] * precoder[m, j]
            beam *= leg
            slope += scaled_one(beam.conjugate() * arriving, per_power)
            own += per_power * square_one(beam)
        out[n] = slope - scaled_one(reflection[n], own)  # what the element itself adds is constant


def surface_echo(
    direct: npt.ArrayLike,
    reflected: npt.ArrayLike,
    incident: npt.ArrayLike,
    precoder: npt.ArrayLike,
    reflection: npt.ArrayLike | None = None,
    gain: float = 1.0,
) -> tuple[float, np.ndarray]:
    r"""Return the radar SNR of a target, and the slopes of its logarithm by all elements.

    :math:`2\, \mathrm{Im}(\Gamma_n^* c_n)` is the derivative of :math:`\ln \gamma` by the phase of
    element n in rad.

    Args:
        direct: Direct path h_d to the target, complex, shape ``(1, M)``.
        reflected: Legs h_r between target and elements, shape ``(1, N)``.
        incident: Legs G between elements and antennas, shape ``(N, M)``.
        precoder: W, complex, shape ``(M, S)``.
        reflection: Present coefficients of magnitude 1 at most, shape ``(N,)``; None is 1.
        gain: Gain of the target and of integration over the noise, linear, in [0, 1e30].

    Returns:
        The radar SNR, linear; complex128, shape ``(N,)``: c.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    links = checked_links(direct, reflected, incident)
    receivers, antennas = links.direct.shape
    if receivers != 1:
        raise ValueError(f"direct has {receivers} rows, must have 1: the target")
    beams = complex_matrix("precoder", precoder, antennas, -1)
    check_range("gain", float(gain), _GAIN)
    phases = checked_reflection(reflection, len(links.incident))
    channel, out = np.empty((1, antennas), np.complex128), np.empty(len(phases), np.complex128)
    fill_cascade(links, phases, channel)
    fill_echo_slopes(links, channel[0], beams, phases, out)
    return float(echo_snr(channel[0], beams, float(gain))), out
