r"""Cost of following a user on a line by two thresholds, in closed form.

The service stays while the displacement d of the user is between two thresholds, and moves to the
user at either. Between them the discounted cost solves a difference equation of second order, on
each side of 0 with the solution

.. math::

    V(d) = m\, r_1^{|d|} + n\, r_2^{|d|} + A + B\, \theta^{|d|}

where :math:`r_1, r_2` are the roots of the homogeneous equation, and the last two terms are the
particular solution for a cost of a constant and a power. The coefficients follow from the values at
the thresholds and at 0.

Source of the problem: S. Wang, R. Urgaonkar, T. He, M. Zafer, K. Chan, K. K. Leung,
"Mobility-induced service migration in mobile micro-clouds", MILCOM 2014 (thresholds), and S. Wang
et al., "Dynamic service migration in mobile edge computing based on Markov decision process",
arXiv 1506.05261 (costs). The solution is derived here.
"""

import math

import numpy as np

from isac_envs.envs.edges.edge_route.params import EdgeRouteParams
from isac_envs.errors import IsacError
from isac_envs.planning import Array, Policy

_RESONANCE = 1e-9


def threshold_policy(params: EdgeRouteParams, low: int, high: int) -> Policy:
    """Return the actions of a pair of thresholds by state, shape ``(2 * reach + 1,)``.

    Args:
        params: Parameters with ``roads = "line"``.
        low: Displacement from which on the service follows to the left, -reach to -1.
        high: Displacement from which on it follows to the right, 1 to reach.
    """
    places = np.arange(-params.reach, params.reach + 1)
    return np.where((places <= low) | (places >= high), abs(places), 0)


def threshold_costs(params: EdgeRouteParams, low: int, high: int, discount: float) -> Array:
    """Return the expected discounted cost of a pair of thresholds, without the reward's sign.

    Args:
        params: Parameters with ``roads = "line"``.
        low: Displacement from which on the service follows to the left, -reach to -1.
        high: Displacement from which on it follows to the right, 1 to reach.
        discount: Discount of a step, above 0 and below 1.

    Returns:
        Costs of all displacements, the most negative first, shape ``(2 * reach + 1,)``.

    Raises:
        IsacError: If a threshold or the discount is outside its range.
    """
    reach = params.reach
    if not (-reach <= low < 0 < high <= reach and 0.0 < discount < 1.0):
        raise IsacError(
            f"thresholds {low}, {high} and discount {discount}; valid: -{reach}..-1, 1..{reach}, "
            f"and between 0 and 1"
        )
    right, left = params.right_probability, params.left_probability
    stay = 1.0 - right - left
    sides = [_Side(params, right, left, discount), _Side(params, left, right, discount)]
    ends = (high, -low)
    moving = params.weights[2] * params.line_costs("migration")
    system, known = np.zeros((5, 5)), np.zeros(5)  # m, n of the right, those of the left, V(0)
    for k, (side, end) in enumerate(zip(sides, ends, strict=True)):
        for row, place, price in ((2 * k, 0, 0.0), (2 * k + 1, end, moving[end])):
            system[row, 2 * k : 2 * k + 2] = side.powers(place)
            system[row, 4] = -1.0
            known[row] = price - side.particular(place)
    system[4, 4] = 1.0 - discount * stay
    for k, (side, chance) in enumerate(zip(sides, (right, left), strict=True)):
        system[4, 2 * k : 2 * k + 2] = -discount * chance * np.array(side.powers(1))
        known[4] += discount * chance * side.particular(1)
    found = np.linalg.solve(system, known)
    costs = found[4] + moving[abs(np.arange(-reach, reach + 1))]  # outside the thresholds
    costs[reach] = found[4]
    for k, (side, end) in enumerate(zip(sides, ends, strict=True)):
        for place in range(1, end):
            value = found[2 * k : 2 * k + 2] @ side.powers(place) + side.particular(place)
            costs[reach + (place if k == 0 else -place)] = value
    return np.asarray(costs)


class _Side:
    """The difference equation on one side of 0, by the distance from it."""

    def __init__(self, params: EdgeRouteParams, away: float, back: float, discount: float) -> None:
        stay, weight = 1.0 - away - back, params.weights[1]
        own = 1.0 - discount * stay
        root = math.sqrt(own * own - 4.0 * discount * discount * away * back)
        self.roots = [(own + sign * root) / (2.0 * discount * away) for sign in (-1.0, 1.0)]
        self.constant = weight * params.transmission_constant_s / (1.0 - discount)
        self.base = base = params.transmission_base
        slope = weight * params.transmission_slope_s
        rest = own - discount * (away * base + back / base)
        self.resonant = abs(rest) < _RESONANCE  # the base is a root
        drift = discount * (away * base - back / base)
        self.slope = -slope / drift if self.resonant else slope / rest

    def powers(self, place: int) -> list[float]:
        """Return the powers of both roots."""
        return [float(root**place) for root in self.roots]

    def particular(self, place: int) -> float:
        """Return the particular solution."""
        power = self.slope * float(self.base**place)
        return self.constant + (place * power if self.resonant else power)


def best_thresholds(params: EdgeRouteParams, discount: float) -> tuple[int, int]:
    """Return the thresholds with the least cost from displacement 0.

    Args:
        params: Parameters with ``roads = "line"``.
        discount: Discount of a step.
    """
    reach = params.reach
    pairs = [(low, high) for low in range(-reach, 0) for high in range(1, reach + 1)]
    return min(pairs, key=lambda p: threshold_costs(params, p[0], p[1], discount)[reach])
