r"""Propulsion power of a rotary-wing aircraft in level flight.

.. math::

    P(V) = P_0 \left(1 + \frac{3 V^2}{U^2}\right)
        + P_i \left(\sqrt{1 + \frac{V^4}{4 v_0^4}} - \frac{V^2}{2 v_0^2}\right)^{1/2}
        + \frac{1}{2} d_0 \rho s A V^3

Blade profile, induced and parasite power.

Source: Y. Zeng, J. Xu and R. Zhang, "Energy minimization for wireless communication with
rotary-wing UAV", IEEE Trans. Wireless Commun. 18(4), 2019, equation 12. The values of
:data:`STANDARD` are those of X. Jing et al., IEEE Trans. Wireless Commun. 23(10), 2024: hover
168.6 W, minimum 126.1 W at 10.2 m/s, best range 8.84 J/m at 18.3 m/s.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import jit


class RotaryWing(NamedTuple):
    """Constants of an aircraft, all above 0; an argument of kernels."""

    blade_power_w: float = 80.0
    """P0, blade profile power in hover, W."""
    induced_power_w: float = 88.6
    """Pi, induced power in hover, W."""
    tip_speed_m_s: float = 120.0
    """U, speed of the rotor blade tips, m/s."""
    induced_velocity_m_s: float = 4.03
    """v0, mean velocity that the rotor induces in hover, m/s."""
    drag_ratio: float = 0.6
    """d0, fuselage drag ratio."""
    solidity: float = 0.05
    """s, rotor solidity."""
    air_density_kg_m3: float = 1.225
    """rho, air density, kg/m^3."""
    rotor_area_m2: float = 0.503
    """A, rotor disc area, m^2."""


STANDARD = RotaryWing()
"""The constants that most studies use."""

_GOLDEN = 0.6180339887498949


@jit
def rotary_wing_power_of(speed_m_s: float, aircraft: Any) -> float:
    """Return the power in W at a horizontal speed of at least 0, for a :class:`RotaryWing`."""
    squared = speed_m_s * speed_m_s
    tip = aircraft.tip_speed_m_s
    ratio = squared / (2.0 * aircraft.induced_velocity_m_s * aircraft.induced_velocity_m_s)
    blade = aircraft.blade_power_w * (1.0 + 3.0 * squared / (tip * tip))
    # sqrt(1 + r^2) - r without cancellation
    induced = aircraft.induced_power_w / math.sqrt(math.sqrt(1.0 + ratio * ratio) + ratio)
    drag = 0.5 * aircraft.drag_ratio * aircraft.air_density_kg_m3
    parasite = drag * aircraft.solidity * aircraft.rotor_area_m2 * squared * speed_m_s
    return blade + induced + parasite


@jit
def rotary_wing_power_one(
    speed_m_s: Real,
    blade_power_w: Real = STANDARD.blade_power_w,
    induced_power_w: Real = STANDARD.induced_power_w,
    tip_speed_m_s: Real = STANDARD.tip_speed_m_s,
    induced_velocity_m_s: Real = STANDARD.induced_velocity_m_s,
    drag_ratio: Real = STANDARD.drag_ratio,
    solidity: Real = STANDARD.solidity,
    air_density_kg_m3: Real = STANDARD.air_density_kg_m3,
    rotor_area_m2: Real = STANDARD.rotor_area_m2,
) -> Real:
    """Return the propulsion power in W of level flight at a horizontal speed.

    Args:
        speed_m_s: Horizontal speed in m/s.
        blade_power_w: Blade profile power in hover, W.
        induced_power_w: Induced power in hover, W.
        tip_speed_m_s: Speed of the blade tips in m/s.
        induced_velocity_m_s: Mean induced velocity in hover, m/s.
        drag_ratio: Fuselage drag ratio.
        solidity: Rotor solidity.
        air_density_kg_m3: Air density in kg/m^3.
        rotor_area_m2: Area of the rotor disc in m^2.
    """
    aircraft = RotaryWing(
        blade_power_w,
        induced_power_w,
        tip_speed_m_s,
        induced_velocity_m_s,
        drag_ratio,
        solidity,
        air_density_kg_m3,
        rotor_area_m2,
    )
    return rotary_wing_power_of(speed_m_s, aircraft)


@jit
def _cost(speed_m_s: float, aircraft: Any, per_metre: bool) -> float:
    power = rotary_wing_power_of(speed_m_s, aircraft)
    return power / speed_m_s if per_metre else power


@jit
def _best_speed(aircraft: Any, per_metre: bool) -> float:
    """Return the speed of least power or of least energy per metre (golden-section search)."""
    low, high = 1e-3, aircraft.tip_speed_m_s
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    f_left, f_right = _cost(left, aircraft, per_metre), _cost(right, aircraft, per_metre)
    while high - low > 1e-9 * high:
        if f_left < f_right:
            high, right, f_right = right, left, f_left
            left = high - _GOLDEN * (high - low)
            f_left = _cost(left, aircraft, per_metre)
        else:
            low, left, f_left = left, right, f_right
            right = low + _GOLDEN * (high - low)
            f_right = _cost(right, aircraft, per_metre)
    return 0.5 * (low + high)


_POSITIVE = Range(0.0, 1e6, open_low=True)

rotary_wing_power = elementwise(
    rotary_wing_power_one,
    speed_m_s=Range(0.0, 120.0, "m/s"),
    blade_power_w=_POSITIVE,
    induced_power_w=_POSITIVE,
    tip_speed_m_s=_POSITIVE,
    induced_velocity_m_s=_POSITIVE,
    drag_ratio=_POSITIVE,
    solidity=_POSITIVE,
    air_density_kg_m3=_POSITIVE,
    rotor_area_m2=_POSITIVE,
)


def minimum_power_speed(aircraft: RotaryWing = STANDARD) -> float:
    """Return the speed in m/s at which an aircraft stays aloft longest.

    Raises:
        ValueError: A constant of the aircraft is not above 0.
    """
    return float(_best_speed(_valid(aircraft), False))


def maximum_range_speed(aircraft: RotaryWing = STANDARD) -> float:
    """Return the speed in m/s of least energy per metre.

    Raises:
        ValueError: A constant of the aircraft is not above 0.
    """
    return float(_best_speed(_valid(aircraft), True))


def _valid(aircraft: RotaryWing) -> RotaryWing:
    for name, value in zip(aircraft._fields, aircraft, strict=True):
        if not 0.0 < value < np.inf:
            raise ValueError(f"{name} = {value!r} is outside (0, inf)")
    return RotaryWing(*(float(value) for value in aircraft))
