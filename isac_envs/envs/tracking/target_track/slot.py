"""What a slot offers: the looks that could be made, and what a user could be sent."""

import math

from isac_envs.engine.jit import Record, inlined
from isac_envs.envs.tracking.target_track.params import TargetTrackParams
from isac_envs.envs.tracking.target_track.records import State
from isac_envs.sensing.looks import HERE, Look

PROCESSED = TargetTrackParams.code("communication_echoes", "processed")
CQI = TargetTrackParams.code("link_adaptation", "cqi")
K_LAW = TargetTrackParams.code("clutter_law", "k")
DRAWN = TargetTrackParams.code("cross_sections", "drawn")
OBSERVED = TargetTrackParams.code("rotors", "observed")


@inlined
def user_look(p: Record, state: State, user: int, share: float) -> Look:
    """Return the look of the communication beam at a user, 1 the first, beside a sensing share.

    Args:
        p: Parameters.
        state: The scene.
        user: Number of the user, 1 the first.
        share: Share of the slot for the sensing beam.
    """
    symbols = min(math.floor((1.0 - share) * p.slot_symbols), 1.0 * p.most_user_symbols)
    return Look(state.users[user - 1].sine, symbols, p.data_loss, 1.0 * p.columns, HERE)


@inlined
def sector_look(p: Record, sine: float, share: float, columns: float) -> Look:
    """Return the look of the sensing beam; it may be too short for one.

    Args:
        p: Parameters.
        sine: Sine of the azimuth of the beam.
        share: Share of the slot.
        columns: Columns that form the beam.
    """
    # a whole number, but of the type that other looks have: both are one program
    return Look(sine, 1.0 * math.floor(share * p.slot_symbols), 1.0, columns, HERE)


@inlined
def rate_mbit(p: Record, user: Record, share: float) -> float:
    """Return the data that a user can receive in the next slot, given the sensing fraction.

    Args:
        p: Parameters.
        user: The user.
        share: Share of the slot for the sensing beam.
    """
    return user.efficiency * p.bandwidth_mbit * (1.0 - share)


@inlined
def sector_sine(p: Record, s: int) -> float:
    """Return the sine of the direction of a sector; directions are evenly spaced in it."""
    return p.edge_sine * ((2.0 * s + 1.0) / p.sectors - 1.0)


@inlined
def coverage(p: Record, look: Look, s: int) -> float:
    """Return the coverage of a sector by a look: 1 in its direction, 1/2 at the edge, 0 beyond.

    Args:
        p: Parameters.
        look: The look.
        s: The sector.
    """
    aside = abs(sector_sine(p, s) - look.sine) * look.columns
    return 1.0 - 0.5 * aside if aside < 1.0 else 0.0


@inlined
def nearest_sector(p: Record, sine: float) -> int:
    """Return the sector whose direction is nearest."""
    count = p.sectors
    place = math.floor((sine / p.edge_sine + 1.0) * 0.5 * count)
    return int(min(max(place, 0.0), count - 1.0))
