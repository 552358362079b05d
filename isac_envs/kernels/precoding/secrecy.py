r"""Secrecy of a downlink to one user with one eavesdropper: the optimal beam, in closed form.

With known channels :math:`h_b` and :math:`h_e`, rows of M entries, the secrecy capacity is

.. math::

    \left[\log_2 \lambda_{\max}(I + \tfrac{P}{\sigma^2} h_b^H h_b,
        I + \tfrac{P}{\sigma^2} h_e^H h_e)\right]^+

and the beam is the generalised eigenvector. Both matrices are the identity plus a matrix of rank
one, so the problem lives in the plane of the two channels. With the squared lengths a and b of
:math:`g_b` and :math:`g_e`, where :math:`g = \sqrt{P / \sigma^2}\, h`, and the part of ab that is
due to the angle between them, :math:`d = a b - \lvert g_b g_e^H \rvert^2`, the excess
:math:`\epsilon = \lambda - 1` is the larger root of

.. math::

    (1 + b) \epsilon^2 - (a - b + d) \epsilon - d = 0

Source: A. Khisti and G. W. Wornell, IEEE Trans. Inf. Theory 56(7), 2010 (MISOME wiretap channel;
recalled). The closed form was derived here.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.link.metrics import shannon_rate_one
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one
from isac_envs.kernels.precoding.rates import NOISE, POWER, complex_matrix, scale_to_power

_PARALLEL = 1e-29  # share of a user's gain: what rounding leaves of a channel along another one


@jit
def fill_secrecy_beam(channels: Any, power_w: float, noise_w: float, out: Any) -> float:
    r"""Write the beam of the largest secrecy rate, with all the power, and return :math:`\epsilon`.

    The secrecy rate is :math:`\log_2(1 + \epsilon)`. It is 0 where the user's channel is parallel
    to the eavesdropper's and no stronger; the beam is then the one of maximum ratio. To keep the
    secret, send nothing.

    Args:
        channels: Row 0 of the user, row 1 of the eavesdropper, shape ``(2, M)``.
        power_w: Power P in W.
        noise_w: Noise power of both in W.
        out: Receives the beam, shape ``(M, 1)``.
    """
    antennas, scale = channels.shape[1], power_w / noise_w
    a, b = 0.0, 0.0
    for m in range(antennas):
        a += square_one(channels[0, m])
        b += square_one(channels[1, m])
        out[m, 0] = channels[0, m].conjugate()
    share, apart = complex(0.0, 0.0), a
    for _ in range(2):  # the second time removes what rounding left of the first
        inner = complex(0.0, 0.0)
        for m in range(antennas):
            inner += channels[1, m] * out[m, 0]
        part = scaled_one(inner, 1.0 / b) if b > 0.0 else inner
        share += part
        apart = 0.0  # squared length of the user's channel across the eavesdropper's
        for m in range(antennas):
            out[m, 0] -= part * channels[1, m].conjugate()
            apart += square_one(out[m, 0])
    apart = apart if apart > _PARALLEL * a else 0.0
    d = scale * scale * b * apart
    a, b = scale * a, scale * b
    middle = a - b + d
    root = math.sqrt(middle * middle + 4.0 * d * (1.0 + b))
    excess = 0.5 * (middle + root) / (1.0 + b) if middle > 0.0 else 0.0
    if middle <= 0.0 and d > 0.0:
        excess = 2.0 * d / (root - middle)
    if excess > 0.0:  # the part along the eavesdropper's channel shrinks
        kept = excess / (excess + (1.0 + excess) * b)
        along = scaled_one(share, kept)
        for m in range(antennas):
            out[m, 0] += along * channels[1, m].conjugate()
    else:
        for m in range(antennas):
            out[m, 0] = channels[0, m].conjugate()
    scale_to_power(out, power_w)
    return excess


@jit
def secrecy_ratio(channels: Any, beam: Any, noise_w: float) -> float:
    r"""Return :math:`(1 + \mathrm{SINR}_b) / (1 + \mathrm{SINR}_e)` of a beam.

    Args:
        channels: Row 0 of the user, row 1 of the eavesdropper, shape ``(2, M)``.
        beam: Shape ``(M, 1)``.
        noise_w: Noise power of both in W.
    """
    user, eavesdropper = complex(0.0, 0.0), complex(0.0, 0.0)
    for m in range(channels.shape[1]):
        user += channels[0, m] * beam[m, 0]
        eavesdropper += channels[1, m] * beam[m, 0]
    return (noise_w + square_one(user)) / (noise_w + square_one(eavesdropper))


def secrecy_beam(
    user: npt.ArrayLike, eavesdropper: npt.ArrayLike, power_w: float = 1.0, noise_w: float = 1.0
) -> tuple[np.ndarray, float]:
    """Return the beam of the largest secrecy rate, and that rate in bit/s/Hz.

    Args:
        user: Channel of the user, complex, shape ``(M,)``.
        eavesdropper: Channel of the eavesdropper, shape ``(M,)``. If its noise differs, divide it
            by the root of the ratio of the noise powers.
        power_w: Power budget in W, in (0, 1e30].
        noise_w: Noise power of the user in W, in [1e-300, 1e30].

    Returns:
        complex128, shape ``(M,)``, with all the power, or zeros where no secret can be kept; rate.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    first = complex_matrix("user", user, -1)
    second = complex_matrix("eavesdropper", eavesdropper, first.size)
    check_range("power_w", float(power_w), POWER._replace(open_low=True))
    check_range("noise_w", float(noise_w), NOISE)
    beam = np.empty((first.size, 1), np.complex128)
    channels = np.array([first, second])
    excess = fill_secrecy_beam(channels, float(power_w), float(noise_w), beam)
    return beam[:, 0] * float(excess > 0.0), float(shannon_rate_one(float(excess)))
