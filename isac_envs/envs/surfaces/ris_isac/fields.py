"""Coordinates of observations and actions, for one agent and for two."""

from typing import Any

from isac_envs.declaration.fields import Coordinate, Kind
from isac_envs.envs.surfaces.asking import phase_coordinates
from isac_envs.envs.surfaces.observing import MOST

_WIDE: dict[str, Any] = {"low": -MOST, "high": MOST}


def phases(p: Any) -> tuple[Kind, Coordinate]:
    """Return the kind of an action beside a share, and the coordinates that are phases or the beam.

    Args:
        p: Parameters of the environment.
    """
    kind, coordinate = phase_coordinates(p)
    return ("box" if kind == "box" else "multi_discrete"), coordinate


def power(p: Any) -> Coordinate:
    """Return the coordinate of the share, or those of the beams where they are learned.

    Args:
        p: Parameters of the environment.
    """
    if p.precoder == "learned":
        return Coordinate(
            "precoder", "Both parts of the beams of all streams, antenna by antenna, sensing last; "
            "their power is set.", low=-1.0, size=2 * p.antennas * (p.users + 1),
        )  # fmt: skip
    if p.action in ("levels", "codebook"):
        meaning = "Share of the power on the sensing stream, as a level from none to all."
        return Coordinate("share_level", meaning, high=p.share_levels - 1.0)
    meaning = "Share of the power on the sensing stream; -1 is none, 1 all."
    return Coordinate("sensing_share", meaning, low=-1.0)


def elements(p: Any) -> tuple[Coordinate, ...]:
    """Return what is seen of the elements, one after the other.

    Args:
        p: Parameters of the environment.
    """
    phase = Coordinate("phase", "Cosine and sine of the phase of an element.", low=-1.0, size=2)
    if p.observation == "channels":
        legs = Coordinate(
            "legs", "Its legs to users, target and antennas over the root of their mean gain, both "
            "parts.", size=2 * (p.users + 1 + p.antennas), **_WIDE,
        )  # fmt: skip
        return (phase, legs) * p.elements
    slope = Coordinate(
        "rate_direction", "Complex number: its angle is how far to turn the element for the rate, "
        "its magnitude how much that matters; root mean square 1.", size=2, **_WIDE,
    )  # fmt: skip
    echo = Coordinate("radar_direction", "The same for the radar SNR.", size=2, **_WIDE)
    return (phase, slope, echo) * p.elements


def receivers(p: Any) -> tuple[Coordinate, ...]:
    """Return what is seen of users, target and power.

    Args:
        p: Parameters of the environment.
    """
    rate, snr = "10 bit/s/Hz", "10 dB"
    last = (
        Coordinate("last_rate", "Rate of a user in the last slot.", rate, high=MOST, size=p.users),
        Coordinate("last_radar_snr", "Radar SNR of the last slot over the required one.", snr,
                   **_WIDE),
        Coordinate("last_share", "Share of the power on the sensing stream in the last slot."),
    )  # fmt: skip
    if p.observation == "channels":
        direct = Coordinate(
            "direct", "Direct paths of a receiver, both parts, over the root of their mean gain.",
            size=2 * p.antennas, **_WIDE,
        )  # fmt: skip
        return (*(direct,) * (p.users + 1), *last)
    channels = Coordinate(
        "channel", "Channel of a receiver over the surface, both parts; root mean square 1.",
        size=2 * p.antennas, **_WIDE,
    )  # fmt: skip
    expected = (
        Coordinate("expected_rate", "Rate of a user that the estimates promise.", rate, high=MOST,
                   size=p.users),
        Coordinate("expected_radar_snr", "Radar SNR that they promise over the required one.", snr,
                   **_WIDE),
    )  # fmt: skip
    beams = (channels,) * (p.users + 1) if p.precoder == "learned" else ()
    return (*beams, *expected, *last)
