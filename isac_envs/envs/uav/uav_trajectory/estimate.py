"""The estimator of one target: maximum likelihood over its ranges, in a bounded memory.

The last ``WINDOW`` looks are kept and relinearised at every Gauss-Newton step; older ones are
absorbed, linearised at the estimate of that time, into a normal prior (information matrix A,
information vector b), which begins as the first guess. The weight of a range is the inverse
variance at the range measured: the likelihood without its term in the variance's own dependence,
which carries 8 s^2 / d^2 of the information. A look that has not detected the target
weighs nothing.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.kernels.radar.elevated_ranging import echo_range_variance_one

WINDOW = 8
"""Looks that are relinearised."""

UNHEARD_M = 1e60
"""Range of a look that has not detected the target: so far away that it weighs nothing."""

ITERATIONS = 5
_SMALL_STEP_M2 = 1e-6

TARGET_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("x", "f8"),  # truth, m
    ("y", "f8"),  # m
    ("true_xx", "f8"),  # Fisher information at the truth with the prior, 1/m^2
    ("true_xy", "f8"),
    ("true_yy", "f8"),
    ("mean_x", "f8"),  # estimate, m
    ("mean_y", "f8"),  # m
    ("info_xx", "f8"),  # information that the estimator believes in, at the estimate, 1/m^2
    ("info_xy", "f8"),
    ("info_yy", "f8"),
    ("prior_xx", "f8"),  # A: first guess and absorbed looks, 1/m^2
    ("prior_xy", "f8"),
    ("prior_yy", "f8"),
    ("prior_bx", "f8"),  # b = A times the mean of the prior, 1/m
    ("prior_by", "f8"),
    ("ranges", "f8", (WINDOW,)),  # measured in the last looks, m
)
"""State of one target."""


@inlined
def start_estimate(t: Record, x: float, y: float, information: float) -> None:
    """Begin with a first guess whose two errors have the given information each.

    Args:
        t: Record of the target.
        x: First guess along x in m.
        y: First guess along y in m.
        information: Inverse variance of either error in 1/m^2.
    """
    t.mean_x, t.mean_y = x, y
    t.info_xx, t.info_xy, t.info_yy = information, 0.0, information
    t.true_xx, t.true_xy, t.true_yy = information, 0.0, information
    t.prior_xx, t.prior_xy, t.prior_yy = information, 0.0, information
    t.prior_bx, t.prior_by = information * x, information * y
    for j in range(WINDOW):
        t.ranges[j] = 0.0


@inlined
def absorb(p: Record, e: Record, t: Record, j: int) -> None:
    """Move the look in place j of the window into the prior.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        t: Record of the target.
        j: Place in the window.
    """
    dx, dy = t.mean_x - e.look_x[j], t.mean_y - e.look_y[j]
    d = math.sqrt(dx * dx + dy * dy + p.height_m * p.height_m)
    weight = 1.0 / echo_range_variance_one(t.ranges[j], p.range_variance_at_1m)
    hx, hy = dx / d, dy / d
    linear = weight * (t.ranges[j] - d + hx * t.mean_x + hy * t.mean_y)
    t.prior_xx += weight * hx * hx
    t.prior_xy += weight * hx * hy
    t.prior_yy += weight * hy * hy
    t.prior_bx += hx * linear
    t.prior_by += hy * linear


@jit
def climb(
    p: Record, e: Record, t: Record, kept: int, x: float, y: float
) -> tuple[float, float, float, float, float, float]:
    """Return a local maximum of the likelihood: x, y, its misfit, and the information there.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        t: Record of the target.
        kept: Looks in the window, 0..8.
        x: Where to begin, along x in m.
        y: Where to begin, along y in m.
    """
    xx = xy = yy = misfit = 0.0
    for _ in range(ITERATIONS):
        xx, xy, yy = t.prior_xx, t.prior_xy, t.prior_yy
        gx = t.prior_bx - xx * x - xy * y
        gy = t.prior_by - xy * x - yy * y
        # that of the prior, but for what does not depend on x and y
        misfit = -x * (gx + t.prior_bx) - y * (gy + t.prior_by)
        for j in range(kept):
            dx, dy = x - e.look_x[j], y - e.look_y[j]
            d = math.sqrt(dx * dx + dy * dy + p.height_m * p.height_m)
            error = t.ranges[j] - d
            precision = 1.0 / echo_range_variance_one(t.ranges[j], p.range_variance_at_1m)
            misfit += precision * error * error
            weight = precision / (d * d)
            xx += weight * dx * dx
            xy += weight * dx * dy
            yy += weight * dy * dy
            residual = weight * d * error
            gx += dx * residual
            gy += dy * residual
        inverse = 1.0 / (xx * yy - xy * xy)
        step_x = inverse * (yy * gx - xy * gy)
        step_y = inverse * (xx * gy - xy * gx)
        # a linearisation says nothing beyond about the height; longer steps overshoot
        squared = step_x * step_x + step_y * step_y
        scale = min(1.0, p.height_m / math.sqrt(squared + _SMALL_STEP_M2))
        x += scale * step_x
        y += scale * step_y
        if squared < _SMALL_STEP_M2:
            break
    return x, y, misfit, xx, xy, yy


@jit
def estimate(p: Record, e: Record, t: Record, kept: int, newest: int, before: int) -> None:
    """Move the estimate to the maximum of the likelihood of the prior and the kept looks.

    Two looks leave two places, mirror images in the line between them. As long as all looks are
    kept, the search begins at both the last estimate and its image; the better end is taken.

    Args:
        p: Parameters of the environment, one record.
        e: Record of the environment.
        t: Record of the target.
        kept: Looks in the window, 0..8.
        newest: Place of the newest look in the window.
        before: Place of the look before it.
    """
    x, y, misfit, xx, xy, yy = climb(p, e, t, kept, t.mean_x, t.mean_y)
    along_x, along_y = e.look_x[newest] - e.look_x[before], e.look_y[newest] - e.look_y[before]
    squared = along_x * along_x + along_y * along_y
    if kept < WINDOW and squared > 1.0:
        away_x, away_y = x - e.look_x[newest], y - e.look_y[newest]
        part = 2.0 * (away_x * along_x + away_y * along_y) / squared
        image_x = e.look_x[newest] + part * along_x - away_x
        image_y = e.look_y[newest] + part * along_y - away_y
        other = climb(p, e, t, kept, image_x, image_y)
        if other[2] < misfit:
            x, y, misfit, xx, xy, yy = other
    t.info_xx, t.info_xy, t.info_yy = xx, xy, yy
    # a target is known to lie in the area
    t.mean_x = min(max(x, 0.0), p.area_m)
    t.mean_y = min(max(y, 0.0), p.area_m)
