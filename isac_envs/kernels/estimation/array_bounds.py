r"""Cramer-Rao bound on the angle of a point target that an array lights up with any precoder.

The echo of symbols X, L samples of covariance :math:`R = W W^H`, is
:math:`Y = \alpha\, b(\theta)\, a(\theta)^T X + N` with an unknown complex amplitude. Both arrays
are linear with half a wavelength between neighbours and the middle as origin, so that
:math:`b^H \dot b = 0`. With :math:`u_j = a^T w_j` and :math:`v_j = a^T D w_j`, D the diagonal of
places :math:`m - (N_t - 1) / 2`,

.. math::

    \mathrm{var}\, \theta = \frac{\sigma^2}{2 L \lvert \alpha \rvert^2 \pi^2 \cos^2 \theta}
        \Bigl[ \tfrac{N_r (N_r^2 - 1)}{12} \sum_j \lvert u_j \rvert^2
        + N_r \Bigl( \sum_j \lvert v_j \rvert^2
        - \frac{\lvert \sum_j v_j u_j^* \rvert^2}{\sum_j \lvert u_j \rvert^2} \Bigr) \Bigr]^{-1}

The first term is the aperture of the receiver with what arrives at the target, the second what the
transmitted beams tell apart by themselves. With one beam the second is 0. With fewer receive than
transmit antennas the second can be worth more, and the best covariance then leaves the target
almost dark: such a bound needs a probability of detection beside it.

Source: F. Liu, Y.-F. Liu, A. Li, C. Masouros and Y. C. Eldar, IEEE Trans. Signal Process. 70, 2022,
arXiv 2101.12530 (the bound; its form for centred arrays is derived and tested here).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import inlined, jit
from isac_envs.engine.mathx import sincos_turns
from isac_envs.kernels.numerics.hermitian import square_one
from isac_envs.kernels.precoding.rates import complex_matrix

_LEAST = 1e-300  # information below it is none
_ANGLE = Range(-1.57, 1.57, "rad")
_ELEMENTS = Range(1.0, 65536.0, whole=True)
_SNR = Range(0.0, 1e30, open_low=True)


@jit
def fill_linear_response(sine: float, out: Any) -> None:
    """Write the steering vector of a centred array with half a wavelength between neighbours.

    Args:
        sine: Sine of the angle from broadside.
        out: Receives it, complex128, shape ``(N,)``.
    """
    first = -0.25 * (out.shape[0] - 1) * sine
    for m in range(out.shape[0]):
        imaginary, real = sincos_turns(first + 0.5 * m * sine)
        out[m] = complex(real, imaginary)


@jit
def beam_moments(response: Any, precoder: Any) -> tuple[float, float, Any]:
    r"""Return what arrives at a target, how it is spread over the array, and their product.

    These are :math:`\sum |u_j|^2`, :math:`\sum |v_j|^2` and :math:`\sum v_j u_j^*`.

    Args:
        response: Steering vector of the target, shape ``(M,)``.
        precoder: W, shape ``(M, J)``.
    """
    middle = 0.5 * (response.shape[0] - 1)
    power, spread, cross = 0.0, 0.0, complex(0.0, 0.0)
    for j in range(precoder.shape[1]):
        heard, turned = complex(0.0, 0.0), complex(0.0, 0.0)
        for m in range(response.shape[0]):
            part = response[m] * precoder[m, j]
            heard += part
            turned += complex((m - middle) * part.real, (m - middle) * part.imag)
        power += square_one(heard)
        spread += square_one(turned)
        cross += turned * heard.conjugate()
    return power, spread, cross


@inlined
def angle_information(power: float, spread: float, cross: Any, receivers: float) -> float:
    """Return the bracket of the bound, at least 1e-300.

    Args:
        power: First of :func:`beam_moments`.
        spread: Second of them.
        cross: Third of them.
        receivers: Receive antennas.
    """
    alone = spread - square_one(cross) / power if power > 0.0 else spread
    aperture = (receivers * receivers - 1.0) / 12.0 * power
    return max(receivers * (aperture + max(alone, 0.0)), _LEAST)


@inlined
def angle_variance_of_information(information: float, snr: float, cosine2: float) -> float:
    """Return the bound on the angle in rad^2.

    Args:
        information: Of :func:`angle_information`.
        snr: Of an echo between two antennas over all samples, for a transmit power of 1.
        cosine2: Squared cosine of the angle from broadside, above 0.
    """
    return 1.0 / (2.0 * snr * math.pi * math.pi * cosine2 * information)


def precoder_angle_variance(
    precoder: npt.ArrayLike, angle_rad: float, receivers: int, snr: float
) -> float:
    """Return the bound on the angle from broadside, with unknown complex amplitude, in rad^2.

    Args:
        precoder: W, complex, shape ``(N_t, J)``; its columns carry independent streams.
        angle_rad: Angle from broadside, in [-1.57, 1.57].
        receivers: Receive antennas, in [1, 65536].
        snr: Squared amplitude of the echo times samples over noise power, in (0, 1e30].

    Raises:
        ValueError: The precoder is no finite matrix, or a number is outside its range.
    """
    beams = complex_matrix("precoder", precoder, -1, -1)
    check_range("angle_rad", float(angle_rad), _ANGLE)
    check_range("receivers", receivers, _ELEMENTS)
    check_range("snr", float(snr), _SNR)
    sine, cosine = sincos_turns(float(angle_rad) / (2.0 * math.pi))
    response = np.empty(len(beams), np.complex128)
    fill_linear_response(sine, response)
    information = angle_information(*beam_moments(response, beams), float(receivers))
    return float(angle_variance_of_information(information, float(snr), cosine * cosine))
