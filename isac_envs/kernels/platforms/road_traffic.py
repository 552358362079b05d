"""Travel times on roads that others use as well.

Source: Bureau of Public Roads, "Traffic Assignment Manual", U.S. Department of Commerce, 1964 (the
factor 0.15 and the exponent 4; recalled, as every textbook on traffic assignment states them).
"""

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined

FACTOR = 0.15
"""Share by which a flow at capacity prolongs the free travel time."""


@inlined
def link_time_one(free_time_s: Real, flow: Real, capacity: Real) -> Real:
    r"""Return the travel time of a road in s, :math:`T = T_0 (1 + 0.15 (x / c)^4)`.

    Args:
        free_time_s: Travel time :math:`T_0` of an empty road in s.
        flow: Vehicles x that use the road.
        capacity: Vehicles c at its capacity.
    """
    share = flow / capacity
    square = share * share
    return free_time_s * (1.0 + FACTOR * (square * square))


link_time = elementwise(
    link_time_one,
    free_time_s=Range(0.0, 1e6, "s"),
    flow=Range(0.0, 1e6),
    capacity=Range(1e-3, 1e6),
)
