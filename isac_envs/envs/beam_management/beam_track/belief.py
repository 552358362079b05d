"""The filter inside the environment: a Kalman filter of (x, v_x, y, v_y), extended to echoes.

The record holds the belief for the COMING slot. Covariances are ten numbers of the upper triangle
(``p01`` is that of x and v_x). A measurement takes three scalar updates, linearised at the same
predicted state: the estimate of a joint update with all three, without an inverse. Direction
is the cosine u with the array axis, in which the errors of a linear array do not depend on the
direction. Source: Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to
Tracking and Navigation", 2001, sections 5.2 and 10.3.
"""

import math
from typing import NamedTuple

from isac_envs.engine.jit import Record, inlined, jit

_SHARPEST = 1e-12  # of a variance
_LEAST_VARIANCE = 1e-24


class Polar(NamedTuple):
    """Direction cosine, distance in m and radial velocity in m/s, or the variances of these."""

    cosine: float
    distance: float
    speed: float


@inlined
def set_belief(v: Record, x: float, v_x: float, y: float, v_y: float) -> None:
    """Set the mean.

    Args:
        v: Record of the vehicle.
        x: Position along x in m.
        v_x: Speed along x in m/s.
        y: Position along y in m.
        v_y: Speed along y in m/s.
    """
    v.m0, v.m1, v.m2, v.m3 = x, v_x, y, v_y


@inlined
def set_covariance(v: Record, xx: float, xy: float, yy: float, speed: float) -> None:
    """Set the covariance of the position and the variance of either speed.

    Args:
        v: Record of the vehicle.
        xx: Variance of x in m^2.
        xy: Covariance of x and y in m^2.
        yy: Variance of y in m^2.
        speed: Variance of either speed in m^2/s^2.
    """
    v.p00, v.p02, v.p22 = xx, xy, yy
    v.p11, v.p33 = speed, speed
    v.p01, v.p03, v.p12, v.p13, v.p23 = 0.0, 0.0, 0.0, 0.0, 0.0


@jit
def predict(p: Record, v: Record) -> None:
    """Keep the estimate of this slot as ``filtered`` and move the belief to the next slot."""
    dt = p.slot_s
    v.filtered_x, v.filtered_y = v.m0, v.m2
    v.filtered_xx, v.filtered_xy, v.filtered_yy = v.p00, v.p02, v.p22
    v.m0 += dt * v.m1
    v.m2 += dt * v.m3
    v.p00 += dt * (2.0 * v.p01 + dt * v.p11) + p.noise_x_position
    v.p02 += dt * (v.p03 + v.p12 + dt * v.p13)
    v.p22 += dt * (2.0 * v.p23 + dt * v.p33) + p.noise_y_position
    v.p01 += dt * v.p11 + p.noise_x_cross
    v.p03 += dt * v.p13
    v.p12 += dt * v.p13
    v.p23 += dt * v.p33 + p.noise_y_cross
    v.p11 += p.noise_x_speed
    v.p33 += p.noise_y_speed


@inlined
def distance(x: float, y: float, height: float) -> float:
    """Return the distance from the array in m.

    Args:
        x: Position along x in m.
        y: Position along y in m.
        height: Height over the array in m.
    """
    return math.sqrt(x * x + y * y + height * height)


@jit
def moments(v: Record, height: float) -> tuple[float, float, float, float]:
    """Return mean and variance of the direction cosine and of the distance (m, m^2)."""
    d = distance(v.m0, v.m2, height)
    inverse = 1.0 / d
    u = v.m0 * inverse
    y = v.m2 * inverse
    u_x, u_y = (1.0 - u * u) * inverse, -u * y * inverse
    var_u = u_x * (u_x * v.p00 + 2.0 * u_y * v.p02) + u_y * u_y * v.p22
    var_d = u * (u * v.p00 + 2.0 * y * v.p02) + y * y * v.p22
    return u, max(var_u, 1e-18), d, max(var_d, 1e-18)


@jit
def correct(
    v: Record, jacobian: tuple[float, float, float, float], residual: float, variance: float
) -> None:
    """Apply one scalar measurement to mean and covariance.

    Args:
        v: Record of the vehicle.
        jacobian: Derivatives of the measured quantity by the four states.
        residual: Measured minus predicted, in the unit of the quantity.
        variance: Variance of the measurement, in its unit squared.
    """
    h0, h1, h2, h3 = jacobian
    g0 = v.p00 * h0 + v.p01 * h1 + v.p02 * h2 + v.p03 * h3
    g1 = v.p01 * h0 + v.p11 * h1 + v.p12 * h2 + v.p13 * h3
    g2 = v.p02 * h0 + v.p12 * h1 + v.p22 * h2 + v.p23 * h3
    g3 = v.p03 * h0 + v.p13 * h1 + v.p23 * h2 + v.p33 * h3
    innovation = variance + h0 * g0 + h1 * g1 + h2 * g2 + h3 * g3
    spread = max(h0 * g0 + h1 * g1 + h2 * g2 + h3 * g3, 0.0)
    # rounding takes from neither part, and what is sharper leaves no digits of the covariance
    inverse = 1.0 / max(innovation, max(variance, spread + _SHARPEST * spread))
    k0, k1, k2, k3 = g0 * inverse, g1 * inverse, g2 * inverse, g3 * inverse
    v.m0 += k0 * residual
    v.m1 += k1 * residual
    v.m2 += k2 * residual
    v.m3 += k3 * residual
    v.p00 -= k0 * g0
    v.p01 -= k0 * g1
    v.p02 -= k0 * g2
    v.p03 -= k0 * g3
    v.p11 -= k1 * g1
    v.p12 -= k1 * g2
    v.p13 -= k1 * g3
    v.p22 -= k2 * g2
    v.p23 -= k2 * g3
    v.p33 -= k3 * g3


@inlined
def possible(covariance: float, first: float, second: float) -> float:
    """Return a covariance that two variances allow.

    Args:
        covariance: The covariance, in the unit of the variances.
        first: Variance of one quantity.
        second: Variance of the other, in the same unit.
    """
    largest = math.sqrt(first * second)
    return min(max(covariance, -largest), largest)


@jit
def keep_possible(v: Record) -> None:
    """Undo what rounding does to covariances where a measurement is sharper than they have digits.

    Left alone, a negative variance would drive the estimate away without bounds.
    """
    v.p00, v.p11 = max(v.p00, _LEAST_VARIANCE), max(v.p11, _LEAST_VARIANCE)
    v.p22, v.p33 = max(v.p22, _LEAST_VARIANCE), max(v.p33, _LEAST_VARIANCE)
    v.p01, v.p02 = possible(v.p01, v.p00, v.p11), possible(v.p02, v.p00, v.p22)
    v.p03, v.p12 = possible(v.p03, v.p00, v.p33), possible(v.p12, v.p11, v.p22)
    v.p13, v.p23 = possible(v.p13, v.p11, v.p33), possible(v.p23, v.p22, v.p33)


@jit
def update(v: Record, height: float, measured: Polar, variances: Polar) -> None:
    """Apply a measurement to the belief.

    Args:
        v: Vehicle.
        height: Height of the vehicle over the array in m.
        measured: What was measured.
        variances: Of its errors.
    """
    x, s_x, y, s_y = v.m0, v.m1, v.m2, v.m3
    d = distance(x, y, height)
    inverse = 1.0 / d
    u, w = x * inverse, y * inverse
    radial = u * s_x + w * s_y
    correct(v, (u, 0.0, w, 0.0), measured.distance - d, variances.distance)
    h0, h2 = (1.0 - u * u) * inverse, -u * w * inverse
    shift = h0 * (v.m0 - x) + h2 * (v.m2 - y)
    correct(v, (h0, 0.0, h2, 0.0), measured.cosine - u - shift, variances.cosine)
    h0, h2 = (s_x - radial * u) * inverse, (s_y - radial * w) * inverse
    shift = h0 * (v.m0 - x) + u * (v.m1 - s_x) + h2 * (v.m2 - y) + w * (v.m3 - s_y)
    correct(v, (h0, u, h2, w), measured.speed - radial - shift, variances.speed)
    keep_possible(v)


@jit
def distance_squared(v: Record, height: float, measured: Polar, variances: Polar) -> float:
    """Return the squared Mahalanobis distance of a measurement from the belief.

    The pivots of the covariance of the innovation are at least the variances of the errors.

    Args:
        v: Vehicle.
        height: Height of the vehicle over the array in m.
        measured: What was measured.
        variances: Of its errors.
    """
    d = distance(v.m0, v.m2, height)
    inverse = 1.0 / d
    u, w = v.m0 * inverse, v.m2 * inverse
    radial = u * v.m1 + w * v.m3
    # rows of derivatives: (u, 0, w, 0) of the distance, (a, 0, b, 0) of the cosine, (c, u, e, w)
    a, b = (1.0 - u * u) * inverse, -u * w * inverse
    c, e = (v.m1 - radial * u) * inverse, (v.m3 - radial * w) * inverse
    d_x, d_y = u * v.p00 + w * v.p02, u * v.p02 + w * v.p22
    a_x, a_y = a * v.p00 + b * v.p02, a * v.p02 + b * v.p22
    c_x = c * v.p00 + u * v.p01 + e * v.p02 + w * v.p03
    c_y = c * v.p02 + u * v.p12 + e * v.p22 + w * v.p23
    c_v = c * v.p01 + u * v.p11 + e * v.p12 + w * v.p13
    c_w = c * v.p03 + u * v.p13 + e * v.p23 + w * v.p33
    first = max(d_x * u + d_y * w + variances.distance, variances.distance)
    l10, l20 = (a_x * u + a_y * w) / first, (c_x * u + c_y * w) / first
    second = max(a_x * a + a_y * b + variances.cosine - l10 * l10 * first, variances.cosine)
    l21 = (c_x * a + c_y * b - l10 * l20 * first) / second
    third = c_x * c + c_v * u + c_y * e + c_w * w + variances.speed
    third = max(third - l20 * l20 * first - l21 * l21 * second, variances.speed)
    x = measured.distance - d
    y = measured.cosine - u - l10 * x
    z = measured.speed - radial - l20 * x - l21 * y
    return x * x / first + y * y / second + z * z / third


@jit
def reacquire(
    v: Record, height: float, cosine: float, metres: float, var_cosine: float, var_metres: float
) -> None:
    """Restart the position of the belief from a direction and a distance alone.

    Args:
        v: Record of the vehicle.
        height: Height of the vehicle in m.
        cosine: Measured direction cosine.
        metres: Measured distance in m.
        var_cosine: Variance of the cosine.
        var_metres: Variance of the distance in m^2.
    """
    x = cosine * metres
    y = math.sqrt(max(metres * metres - x * x - height * height, 1.0))
    # x = u d and y = sqrt(d^2 (1 - u^2) - h^2), linearised
    y_u, y_d = -x * metres / y, metres * (1.0 - cosine * cosine) / y
    xx = metres * metres * var_cosine + cosine * cosine * var_metres
    xy = metres * y_u * var_cosine + cosine * y_d * var_metres
    yy = y_u * y_u * var_cosine + y_d * y_d * var_metres
    v.m0, v.m2 = x, y
    v.p00, v.p02, v.p22 = xx, xy, yy


@inlined
def _inverse(pivot: float, variance: float) -> float:
    """Return 1 over a pivot, which rounding cannot reduce below a fraction of its variance."""
    return 1.0 / max(pivot, max(_SHARPEST * variance, _LEAST_VARIANCE))


@jit
def normalised_error(v: Record) -> float:
    """Return e^T P^-1 e of the true state (NEES, 4 degrees of freedom), by P = L D L^T."""
    e0, e1, e2, e3 = v.x - v.m0, v.v_x - v.m1, v.y - v.m2, v.v_y - v.m3
    d0 = _inverse(v.p00, v.p00)
    l10, l20, l30 = v.p01 * d0, v.p02 * d0, v.p03 * d0
    d1 = _inverse(v.p11 - l10 * v.p01, v.p11)
    t21, t31 = v.p12 - l20 * v.p01, v.p13 - l30 * v.p01
    l21, l31 = t21 * d1, t31 * d1
    d2 = _inverse(v.p22 - l20 * v.p02 - l21 * t21, v.p22)
    t32 = v.p23 - l30 * v.p02 - l31 * t21
    l32 = t32 * d2
    d3 = _inverse(v.p33 - l30 * v.p03 - l31 * t31 - l32 * t32, v.p33)
    e1 -= l10 * e0
    e2 -= l20 * e0 + l21 * e1
    e3 -= l30 * e0 + l31 * e1 + l32 * e2
    return e0 * e0 * d0 + e1 * e1 * d1 + e2 * e2 * d2 + e3 * e3 * d3
