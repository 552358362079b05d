"""Range measurements of ground targets from above, and their information on a planar position.

The echo of a distant target is weaker: the variance of a range grows with the fourth power of the
distance, and the variance itself carries information about the distance.

Source: X. Jing, F. Liu, C. Masouros and Y. Zeng, "ISAC from the sky: UAV trajectory design for
joint communication and target localization", IEEE Trans. Wireless Commun. 23(10), 2024, arXiv
2207.02904 (range variance, Fisher information); S. M. Kay, "Fundamentals of Statistical Signal
Processing: Estimation Theory", 1993, section 3.9 (Gaussian with a mean and a variance that both
depend on the parameter).
"""

from isac_envs.engine.jit import jit


@jit
def echo_range_variance_one(distance_m: float, variance_at_1m_m2: float) -> float:
    r"""Return the variance in m**2 of a range from an echo.

    :math:`\sigma_1^2 d^4`, with the variance :math:`\sigma_1^2` at 1 m.

    Args:
        distance_m: Distance from sensor to target in m, above 0.
        variance_at_1m_m2: :math:`a \sigma_0^2 / (P G \beta)`, the variance at a distance of 1 m,
            m**2.
    """
    squared = distance_m * distance_m
    return variance_at_1m_m2 * squared * squared


@jit
def elevated_range_information(
    dx: float, dy: float, height_m: float, variance_at_1m_m2: float
) -> tuple[float, float, float]:
    """Return the Fisher information of one range on the planar position of a ground target.

    :math:`J = e e^T (1 / (d^2 s^2) + 8 / d^4)` with :math:`e = (dx, dy)` and :math:`s^2` the
    variance at the distance d.

    Args:
        dx: Target minus sensor, m.
        dy: The same, other axis.
        height_m: Height of the sensor over the target, above 0.
        variance_at_1m_m2: Variance of the range at a distance of 1 m, m**2.

    Returns:
        ``(J_xx, J_xy, J_yy)`` in 1/m**2; all 0 for a target directly below.
    """
    squared = dx * dx + dy * dy + height_m * height_m
    fourth = squared * squared
    weight = 1.0 / (squared * variance_at_1m_m2 * fourth) + 8.0 / fourth
    return weight * dx * dx, weight * dx * dy, weight * dy * dy
