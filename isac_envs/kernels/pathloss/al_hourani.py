"""Air-to-ground path loss of Al-Hourani, Kandeepan and Lardner.

Source: A. Al-Hourani, S. Kandeepan and S. Lardner, "Optimal LAP altitude for maximum coverage",
IEEE Wireless Commun. Lett. 3(6), 2014: eq. 5 (probability), table II (excess loss). The angles of
the formula are in degrees: with radians the probability hardly depends on the elevation. The curve
is a fit: at 0 degrees it is small, but not 0.
"""

from types import MappingProxyType
from typing import Any, NamedTuple

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import db_to_linear, exp, linear_to_db
from isac_envs.kernels.pathloss.free_space import CARRIER, DISTANCE, fspl_one


class AirToGround(NamedTuple):
    """Constants of one environment."""

    a: float
    """First constant of the S-curve, degrees in one place of the formula, a factor in another."""
    b: float
    """Second constant of the S-curve, 1/degree."""
    eta_los_db: float
    """Excess over free space in LOS."""
    eta_nlos_db: float


AL_HOURANI = MappingProxyType(
    {
        "suburban": AirToGround(4.88, 0.43, 0.1, 21.0),
        "urban": AirToGround(9.61, 0.16, 1.0, 20.0),
        "dense_urban": AirToGround(12.08, 0.11, 1.6, 23.0),
        "highrise": AirToGround(27.23, 0.08, 2.3, 34.0),
    }
)
"""Constants by environment (at 2 GHz in the paper; the excess losses depend on the carrier)."""


@inlined
def al_hourani_los_probability_one(elevation_deg: Real, a: Real, b: Real) -> Real:
    """Return the probability of line of sight between the ground and the air.

    Args:
        elevation_deg: Elevation of the aerial station seen from the ground in degrees.
        a: First constant of the environment.
        b: Second constant of the environment in 1/degree.
    """
    return 1.0 / (1.0 + a * exp(-b * (elevation_deg - a)))


@inlined
def al_hourani_mean_of_db_one(
    d_m: Real, f_hz: Real, elevation_deg: Real, a: Real, b: Real, los_db: Real, nlos_db: Real
) -> Real:
    """Return the path loss in dB, averaged over the LOS state in dB as the paper does (eq. 7).

    Args:
        d_m: Distance between the stations in m.
        f_hz: Carrier frequency in Hz.
        elevation_deg: Elevation in degrees.
        a: First constant of the environment.
        b: Second constant of the environment in 1/degree.
        los_db: Excess over free space in LOS in dB.
        nlos_db: Excess over free space in NLOS in dB.
    """
    p = al_hourani_los_probability_one(elevation_deg, a, b)
    return fspl_one(d_m, f_hz) + p * los_db + (1.0 - p) * nlos_db


@inlined
def al_hourani_mean_of_power_one(
    d_m: Real, f_hz: Real, elevation_deg: Real, a: Real, b: Real, los_db: Real, nlos_db: Real
) -> Real:
    """Return the path loss in dB of the received power averaged over the LOS state.

    Never above the average in dB: the NLOS state hardly adds power.

    Args:
        d_m: Distance between the stations in m.
        f_hz: Carrier frequency in Hz.
        elevation_deg: Elevation in degrees.
        a: First constant of the environment.
        b: Second constant of the environment in 1/degree.
        los_db: Excess over free space in LOS in dB.
        nlos_db: Excess over free space in NLOS in dB.
    """
    p = al_hourani_los_probability_one(elevation_deg, a, b)
    power = p * db_to_linear(-los_db) + (1.0 - p) * db_to_linear(-nlos_db)
    return fspl_one(d_m, f_hz) - linear_to_db(power)


_CURVE = {
    "elevation_deg": Range(0.0, 90.0, "deg"),
    "a": Range(0.0, 100.0),
    "b": Range(0.0, 6.0, "1/deg"),
}
_EXCESS = Range(0.0, 100.0, "dB")
_LINK = {"d_m": DISTANCE, "f_hz": CARRIER, **_CURVE, "los_db": _EXCESS, "nlos_db": _EXCESS}

_probability = elementwise(al_hourani_los_probability_one, **_CURVE)
_mean_of_db = elementwise(al_hourani_mean_of_db_one, **_LINK)
_mean_of_power = elementwise(al_hourani_mean_of_power_one, **_LINK)


def al_hourani_los_probability(elevation_deg: Any, environment: str = "urban") -> Any:
    """Return the probability of line of sight between the ground and the air.

    Args:
        elevation_deg: Elevation of the aerial station in degrees, 0 to 90, number or array.
        environment: A key of :data:`AL_HOURANI`.

    Returns:
        Probability, a float or a float64 array.

    Raises:
        ValueError: The elevation is outside its range, or the environment is unknown.
    """
    constants = _environment(environment)
    return _probability(elevation_deg, constants.a, constants.b)


def al_hourani_loss(
    d_m: Any, f_hz: Any, elevation_deg: Any, environment: str = "urban", average: str = "db"
) -> Any:
    """Return the path loss in dB, averaged over the LOS state.

    Args:
        d_m: Distance between the stations in m, number or array.
        f_hz: Carrier frequency in Hz, 1 MHz to 10 THz, number or array.
        elevation_deg: Elevation of the aerial station in degrees, 0 to 90, number or array.
        environment: A key of :data:`AL_HOURANI`.
        average: ``"db"`` (mean of the two losses in dB, as in the paper) or ``"power"`` (loss of
            the mean received power, which is lower).

    Returns:
        Loss in dB, a float or a float64 array of the common shape.

    Raises:
        ValueError: An argument is outside its range, or the environment or average is unknown.
    """
    means = {"db": _mean_of_db, "power": _mean_of_power}
    if average not in means:
        raise ValueError(f"average = {average!r} is not one of {sorted(means)}")
    return means[average](d_m, f_hz, elevation_deg, *_environment(environment))


def _environment(name: str) -> AirToGround:
    if name not in AL_HOURANI:
        raise ValueError(f"environment = {name!r} is not one of {sorted(AL_HOURANI)}")
    return AL_HOURANI[name]
