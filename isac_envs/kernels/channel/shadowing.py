r"""Shadow fading and line-of-sight states that move with the terminals instead of flickering.

Both are Gaussian processes of the position with the autocorrelation
:math:`\exp(-\Delta x / d_\mathrm{cor})` over a distance :math:`\Delta x`. Shadow fading is one in
dB. A link is in line of sight where another one of unit variance, the latent value, lies below the
quantile of the LOS probability, so that the state persists and its marginal probability is exact at
every distance. Normal draws are arguments. Standard deviations and correlation distances:
:data:`isac_envs.kernels.pathloss.tr_38901_shadowing.SHADOWING`.

The two hops of a monostatic echo share one shadow fading value: it counts twice in dB.

Sources: M. Gudmundson, Electronics Letters 27(23), 1991; 3GPP TR 38.901 V19.4.0, sections 7.4.4 and
7.6.3 (spatial consistency: recalled); sum of both moves: 3GPP TR 37.885 (recalled).
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import inlined, jit
from isac_envs.kernels.numerics import portable
from isac_envs.kernels.numerics.gamma import exp_or_zero, gaussian_q
from isac_envs.kernels.numerics.small_matrix import cholesky

_COINCIDENT = 1e-12  # keeps the covariance of terminals at one place positive definite


@inlined
def shadowing_correlation_one(
    moved_m: Real, correlation_m: Real, moved_other_m: Real = 0.0
) -> Real:
    r"""Return the correlation of a link before and after its ends moved.

    :math:`\exp(-(\Delta x_1 + \Delta x_2) / d_\mathrm{cor})`.

    Args:
        moved_m: Distance that one end moved in m.
        correlation_m: Correlation distance in m.
        moved_other_m: Distance that the other end moved in m; 0 for a base station.
    """
    return exp_or_zero(-(moved_m + moved_other_m) / correlation_m)


@inlined
def correlated_normal_one(value: Real, correlation: Real, normal: Real) -> Real:
    r"""Return a unit normal value that has the correlation rho with x.

    :math:`\rho x + \sqrt{1 - \rho^2}\, n`: one step of a latent value; or a second link's value
    next to a first one's, such as 0.5 between two stations seen by one terminal.

    Args:
        value: Present value x, or the other link's; unit variance.
        correlation: rho.
        normal: Standard normal draw n.
    """
    return correlation * value + math.sqrt((1.0 - correlation) * (1.0 + correlation)) * normal


@inlined
def shadowing_step_one(
    shadow_db: Real, sigma_db: Real, moved_m: Real, correlation_m: Real, normal: Real
) -> Real:
    r"""Return shadow fading in dB after a move (Gudmundson).

    :math:`\rho S + \sigma \sqrt{1 - \rho^2}\, N`.

    Args:
        shadow_db: Shadow fading S before the move in dB.
        sigma_db: Standard deviation sigma in dB.
        moved_m: Distance moved in m; for two moving ends the sum of both.
        correlation_m: Correlation distance in m.
        normal: Standard normal draw N.
    """
    rho = shadowing_correlation_one(moved_m, correlation_m, 0.0)
    return rho * shadow_db + math.sqrt((1.0 - rho) * (1.0 + rho)) * sigma_db * normal


@jit
def los_state_one(latent: Real, los_probability: Real) -> Real:
    """Return 1 in line of sight and 0 else: whether the latent's quantile is below the probability.

    Args:
        latent: Unit normal value that moves by :func:`correlated_normal`, with the correlation
            distance of the LOS state.
        los_probability: LOS probability at the present distance.
    """
    return 1.0 if gaussian_q(-latent) < los_probability else 0.0


_MOVED, _DISTANCE = Range(0.0, 1e9, "m"), Range(1e-3, 1e6, "m")
_NORMAL = Range(-40.0, 40.0)
shadowing_correlation = elementwise(
    shadowing_correlation_one, moved_m=_MOVED, correlation_m=_DISTANCE, moved_other_m=_MOVED
)
correlated_normal = elementwise(
    correlated_normal_one, value=_NORMAL, correlation=Range(-1.0, 1.0), normal=_NORMAL
)
shadowing_step = elementwise(
    shadowing_step_one,
    shadow_db=Range(-1e3, 1e3, "dB"),
    sigma_db=Range(0.0, 40.0, "dB"),
    moved_m=_MOVED,
    correlation_m=_DISTANCE,
    normal=_NORMAL,
)
los_state = elementwise(los_state_one, latent=_NORMAL, los_probability=Range(0.0, 1.0))


def shadowing_field(
    positions_m: Any,
    correlation_m: float,
    normals: Any,
    sigma_db: Any = 1.0,
    groups: Any = 0,
) -> np.ndarray:
    r"""Return spatially consistent values of many terminals: near ones see nearly the same.

    By the Cholesky factor of :math:`\exp(-D / d_\mathrm{cor})`: :math:`n^3 / 3` operations, for a
    reset and not for a step. From there on, every terminal moves by :func:`shadowing_step`, which
    keeps the marginal law, but lets neighbours drift apart.

    Args:
        positions_m: Positions in m, shape ``(n, 2)`` or ``(n, 3)``.
        correlation_m: Correlation distance in m, in [1e-3, 1e6].
        normals: Independent standard normal draws, shape ``(..., n)``.
        sigma_db: Standard deviations in [0, 40] dB, a number or shape ``(n,)``; with 1 the result
            serves as latent values of LOS states.
        groups: Integer states such as LOS and NLOS, shape ``(n,)``: no correlation across them.

    Returns:
        float64 of the shape of ``normals``, in dB.

    Raises:
        ValueError: An argument is outside its range.
    """
    positions = np.array(positions_m, dtype=np.float64)
    check_range("positions_m", positions, Range(-1e9, 1e9, "m"))
    check_range("correlation_m", float(correlation_m), _DISTANCE)
    check_range("sigma_db", np.array(sigma_db, dtype=np.float64), Range(0.0, 40.0, "dB"))
    draws = np.array(normals, dtype=np.float64)
    check_range("normals", draws, _NORMAL)
    apart = np.sqrt(np.square(positions[:, None] - positions[None]).sum(2))
    states = np.broadcast_to(groups, len(positions))
    covariance = np.where(states[:, None] == states, portable.exp(-apart / correlation_m), 0.0)
    factor = covariance + _COINCIDENT * np.eye(len(positions))
    cholesky(factor)
    return np.asarray(sigma_db) * (draws[..., None, :] * np.tril(factor)).sum(-1)
