r"""The beam that lights up a target most while a user keeps a signal-to-noise ratio.

Of all w of power 1 with :math:`\lvert h w \rvert^2 \ge \Gamma`, the one with the largest
:math:`\lvert a^T w \rvert^2`. Where :math:`a^*` itself serves the user, it is that; otherwise the
user gets exactly :math:`\Gamma` along :math:`h^H`, and the rest goes along the part of :math:`a^*`
that the user does not hear, in phase at the target. For one stream and at least as many receive as
transmit antennas it has the smallest Cramer-Rao bound of the angle.

Source: F. Liu, Y.-F. Liu, A. Li, C. Masouros and Y. C. Eldar, IEEE Trans. Signal Process. 70, 2022,
arXiv 2101.12530 (one user; recalled, and checked against semidefinite programmes).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one, squared_length
from isac_envs.kernels.precoding.rates import complex_matrix, scale_to_power

_REQUIRED = Range(0.0, 1e30)


@jit
def fill_illuminating_beam(user: Any, target: Any, required: float, out: Any) -> None:
    """Write the beam; where nothing serves the user, the one that does best for it.

    Args:
        user: Channel of the user over the root of noise over power, shape ``(M,)``.
        target: Steering vector a of the target, shape ``(M,)``.
        required: Signal-to-noise ratio of the user, linear.
        out: Receives the beam of power 1, shape ``(M, 1)``.
    """
    length, size = squared_length(user), squared_length(target)
    heard = complex(0.0, 0.0)
    for m in range(user.shape[0]):
        heard += user[m] * target[m].conjugate()
        out[m, 0] = target[m].conjugate()
    served = square_one(heard) >= required * size
    if not served and required >= length:
        for m in range(user.shape[0]):
            out[m, 0] = user[m].conjugate()
    elif not served:
        share, rest = required / length, 0.0
        for m in range(user.shape[0]):  # what the user does not hear
            out[m, 0] -= scaled_one(user[m].conjugate() * heard, 1.0 / length)
            rest += square_one(out[m, 0])
        most = math.sqrt(square_one(heard))
        phase = scaled_one(heard, 1.0 / most) if most > 0.0 else complex(1.0, 0.0)
        along = scaled_one(phase, math.sqrt(share / length))
        aside = math.sqrt((1.0 - share) / rest) if rest > 0.0 else 0.0
        for m in range(user.shape[0]):
            out[m, 0] = scaled_one(out[m, 0], aside) + along * user[m].conjugate()
    scale_to_power(out, 1.0)


def illuminating_beam(
    user: npt.ArrayLike, target: npt.ArrayLike, required: float = 0.0
) -> np.ndarray:
    """Return the beam of power 1 that lights up a target most while a user is served.

    Args:
        user: Channel of the user over the root of noise over power, complex, shape ``(M,)``.
        target: Steering vector of the target, complex, shape ``(M,)``.
        required: Signal-to-noise ratio of the user, linear, in [0, 1e30]. Where no beam reaches it,
            the beam is matched to the user.

    Returns:
        complex128, shape ``(M,)``.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    channel = complex_matrix("user", user, -1)
    response = complex_matrix("target", target, channel.size)
    check_range("required", float(required), _REQUIRED)
    out = np.empty((channel.size, 1), np.complex128)
    fill_illuminating_beam(channel, response, float(required), out)
    return out[:, 0]
