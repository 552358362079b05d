"""The log-distance law of path loss: two numbers, from a measurement or chosen.

Source: T. S. Rappaport, "Wireless Communications: Principles and Practice", 2nd ed., 2002, section
4.9.1 (recalled), at a reference distance of 1 m.
"""

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import log10


@inlined
def log_distance_one(d_m: Real, loss_1m_db: Real, slope_db: Real) -> Real:
    r"""Return the path loss in dB of a law with a constant slope.

    :math:`L = L_1 + s \lg d`; the slope is ten times the path loss exponent.

    Args:
        d_m: Distance in m.
        loss_1m_db: Loss at 1 m in dB.
        slope_db: Slope s in dB per decade.
    """
    return loss_1m_db + slope_db * log10(d_m)


log_distance = elementwise(
    log_distance_one,
    d_m=Range(1e-3, 1e12, "m"),
    loss_1m_db=Range(-300.0, 300.0, "dB"),
    slope_db=Range(0.0, 100.0, "dB"),
)
