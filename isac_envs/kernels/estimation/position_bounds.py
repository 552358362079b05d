"""Position error bound of range and bearing measurements, and the posterior bound of a tracker.

Sources: P. Tichavsky, C. H. Muravchik and A. Nehorai, "Posterior Cramer-Rao bounds for
discrete-time nonlinear filtering", IEEE Trans. Signal Process. 46(5), 1998 (Gaussian, additive
noise); Y. Shen and M. Z. Win, IEEE Trans. Inf. Theory 56(10), 2010 (position error bound).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.small_matrix import Matrix, invert_positive, propagate

_SINGULAR = 1e-14  # smallest ratio of eigenvalues that counts as regular


@jit
def range_bearing_information(
    dx: float, dy: float, range_variance: float, bearing_variance: float
) -> tuple[float, float, float]:
    """Return the information of one anchor on a planar position.

    Args:
        dx: Target minus anchor, m, not both components 0.
        dy: The same, other axis.
        range_variance: m**2, infinite for a bearing only.
        bearing_variance: rad**2, infinite for a range only.

    Returns:
        ``(J_xx, J_xy, J_yy)`` in 1/m**2 of :math:`u u^T / s_r^2 + p p^T / (r^2 s_b^2)`.
    """
    squared = dx * dx + dy * dy
    along = 1.0 / (squared * range_variance)
    across = 1.0 / (squared * squared * bearing_variance)
    return (
        along * dx * dx + across * dy * dy,
        (along - across) * dx * dy,
        along * dy * dy + across * dx * dx,
    )


@jit
def position_error_bound_of(j_xx: float, j_xy: float, j_yy: float) -> float:
    r"""Return the position error bound in m, infinite where J is singular.

    :math:`\sqrt{\operatorname{tr}(J^{-1})}`.

    Args:
        j_xx: Information on x in 1/m^2.
        j_xy: Mixed information in 1/m^2.
        j_yy: Information on y in 1/m^2.
    """
    determinant = j_xx * j_yy - j_xy * j_xy
    trace = j_xx + j_yy
    if not determinant > _SINGULAR * trace * trace:
        return np.inf
    return math.sqrt(trace / determinant)


@jit
def _fill_bounds(anchors: Any, targets: Any, ranges: Any, bearings: Any, out: Any) -> None:
    for i in range(targets.shape[0]):
        xx = xy = yy = 0.0
        for k in range(anchors.shape[0]):
            dx, dy = targets[i, 0] - anchors[k, 0], targets[i, 1] - anchors[k, 1]
            a, b, c = range_bearing_information(dx, dy, ranges[k], bearings[k])
            xx, xy, yy = xx + a, xy + b, yy + c
        out[i] = position_error_bound_of(xx, xy, yy)


def position_error_bound(
    anchors_m: npt.ArrayLike,
    targets_m: npt.ArrayLike,
    range_deviation_m: npt.ArrayLike = np.inf,
    bearing_deviation_rad: npt.ArrayLike = np.inf,
) -> Any:
    """Return the bound on the root mean square position error of planar targets.

    Args:
        anchors_m: Positions of K anchors, shape ``(K, 2)``.
        targets_m: Positions, shape ``(..., 2)``, none at an anchor.
        range_deviation_m: Standard deviations above 0, one or ``(K,)``; infinite: no range.
        bearing_deviation_rad: Standard deviations above 0, one or ``(K,)``; infinite: no bearing.

    Returns:
        m, shape ``(...)``, a float for one target; infinite where the position is not observable.

    Raises:
        ValueError: A shape does not fit, a deviation is not above 0, or a target is at an anchor.
    """
    anchors = np.ascontiguousarray(anchors_m, dtype=np.float64)
    targets = np.ascontiguousarray(targets_m, dtype=np.float64)
    if anchors.ndim != 2 or anchors.shape[1] != 2 or targets.ndim < 1 or targets.shape[-1] != 2:
        shapes = f"anchors_m has shape {anchors.shape}, targets_m {targets.shape}"
        raise ValueError(f"{shapes}; expected (K, 2) and (..., 2)")
    check_range("anchors_m", anchors, Range(-1e9, 1e9, "m"))
    check_range("targets_m", targets, Range(-1e9, 1e9, "m"))
    ranges = np.full(anchors.shape[0], range_deviation_m, dtype=np.float64)
    bearings = np.full(anchors.shape[0], bearing_deviation_rad, dtype=np.float64)
    check_range("range_deviation_m", ranges, Range(0.0, np.inf, "m", open_low=True))
    check_range("bearing_deviation_rad", bearings, Range(0.0, np.inf, "rad", open_low=True))
    flat = targets.reshape(-1, 2)
    if (flat[:, None, :] == anchors[None, :, :]).all(-1).any():
        raise ValueError("targets_m is outside its range: a target stands at an anchor")
    out = np.empty(flat.shape[0])
    _fill_bounds(anchors, flat, ranges * ranges, bearings * bearings, out)
    return out.reshape(targets.shape[:-1]) if targets.ndim > 1 else float(out[0])


@jit
def predict_information(
    information: Matrix, transition: Matrix, process_noise: Matrix, work: Matrix
) -> bool:
    """Overwrite an information matrix J with its prediction.

    :math:`(Q + F J^{-1} F^T)^{-1}`. Together with :func:`add_information` for each measured
    quantity, this is the recursion of the posterior bound,
    :math:`J^+ = (Q + F J^{-1} F^T)^{-1} + H^T R^{-1} H`, evaluated along the true trajectory.

    Args:
        information: J, shape ``(n, n)``, positive definite.
        transition: F, shape ``(n, n)``.
        process_noise: Q, shape ``(n, n)``.
        work: Scratch, shape ``(n, n)``.

    Returns:
        False if a matrix is not positive definite; ``information`` is then undefined.
    """
    if not invert_positive(information):
        return False
    propagate(information, transition, process_noise, work)
    return invert_positive(information)


@jit
def add_information(information: Matrix, row: Any, variance: float) -> None:
    """Add the information of one measured quantity with the derivative h, shape ``(n,)``.

    :math:`h h^T` over the variance.

    Args:
        information: Matrix to add to, shape ``(n, n)``.
        row: Derivatives h with respect to the parameters, shape ``(n,)``.
        variance: Variance of the measured quantity.
    """
    for i in range(row.shape[0]):
        for j in range(row.shape[0]):
            information[i, j] += row[i] * row[j] / variance
