"""Power of a rotary-wing aircraft at printed values, limits and optima."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from isac_envs.kernels.platforms.propulsion import (
    STANDARD,
    RotaryWing,
    maximum_range_speed,
    minimum_power_speed,
    rotary_wing_power,
    rotary_wing_power_of,
)


def textbook(v: float) -> float:
    """Return the formula as it is printed, with its cancellation."""
    u, v0 = STANDARD.tip_speed_m_s, STANDARD.induced_velocity_m_s
    blade = 80.0 * (1.0 + 3.0 * v**2 / u**2)
    induced = 88.6 * math.sqrt(math.sqrt(1.0 + v**4 / (4 * v0**4)) - v**2 / (2 * v0**2))
    return blade + induced + 0.5 * 0.6 * 1.225 * 0.05 * 0.503 * v**3


def test_printed_values() -> None:
    assert rotary_wing_power(0.0) == pytest.approx(168.6, abs=1e-12)
    slow, fast = minimum_power_speed(), maximum_range_speed()
    assert slow == pytest.approx(10.2, abs=0.05)
    assert rotary_wing_power(slow) == pytest.approx(126.1, abs=0.05)
    assert fast == pytest.approx(18.3, abs=0.05)
    assert rotary_wing_power(fast) / fast == pytest.approx(8.84, abs=0.005)


@pytest.mark.parametrize("speed", [0.0, 0.1, 1.0, 5.0, 10.2, 18.3, 30.0])
def test_formula(speed: float) -> None:
    assert rotary_wing_power(speed) == pytest.approx(textbook(speed), rel=1e-12)
    assert rotary_wing_power_of(speed, STANDARD) == rotary_wing_power(speed)


def test_fast_flight_needs_no_induced_power() -> None:
    speed = 120.0
    parasite = 0.5 * 0.6 * 1.225 * 0.05 * 0.503 * speed**3
    rest = rotary_wing_power(speed) - parasite - 80.0 * 4.0
    assert rest == pytest.approx(88.6 * STANDARD.induced_velocity_m_s / speed, rel=1e-3)


def test_optima_against_a_general_search() -> None:
    best = minimize_scalar(rotary_wing_power, bounds=(1, 60), options={"xatol": 1e-9})
    assert minimum_power_speed() == pytest.approx(best.x, abs=1e-4)
    best = minimize_scalar(lambda v: rotary_wing_power(v) / v, bounds=(1, 60))
    assert maximum_range_speed() == pytest.approx(best.x, abs=1e-3)
    heavy = STANDARD._replace(induced_power_w=200.0, induced_velocity_m_s=6.0)
    assert minimum_power_speed(heavy) > minimum_power_speed()


@settings(deadline=None)
@given(st.floats(0, 60), st.floats(1.01, 3))
def test_more_drag_or_blade_power_costs_more(speed: float, factor: float) -> None:
    power = rotary_wing_power(speed)
    assert rotary_wing_power(speed, blade_power_w=80.0 * factor) > power
    assert rotary_wing_power(speed, induced_power_w=88.6 * factor) > power
    assert rotary_wing_power(speed, drag_ratio=0.6 * factor) >= power
    assert power >= rotary_wing_power(minimum_power_speed()) * (1.0 - 1e-12)


def test_arrays_broadcast() -> None:
    speeds = np.linspace(0.0, 30.0, 7)
    found = rotary_wing_power(speeds[:, None], drag_ratio=np.array([0.3, 0.6]))
    assert found.shape == (7, 2)
    assert (found[:, 1] == rotary_wing_power(speeds)).all()


def test_errors_name_argument_value_and_range() -> None:
    with pytest.raises(ValueError, match=r"speed_m_s = -1.0 is outside \[0, 120\] m/s"):
        rotary_wing_power(-1.0)
    with pytest.raises(ValueError, match=r"rotor_area_m2 = 0.0 is outside"):
        rotary_wing_power(1.0, rotor_area_m2=0.0)
    with pytest.raises(ValueError, match="solidity = -1 is outside"):
        minimum_power_speed(RotaryWing(solidity=-1))
