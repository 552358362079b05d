"""What is seen by who knows the timetable: place and angles of the slot, and the pointing error.

A history of noisy estimates hides where the train is by some metres, which is much near the mast.
The clock tells it exactly.
"""

from typing import Any

from isac_envs.declaration.fields import Coordinate
from isac_envs.engine.jit import Record, inlined
from isac_envs.envs.beam_management.hsr_dual_beam.params import HsrDualBeamParams
from isac_envs.envs.beam_management.hsr_dual_beam.slot import pointing_deg

HISTORY = HsrDualBeamParams.code("observation", "history")
LIMIT = 2.0  # observed positions, angles and errors are clipped to it
POINTING_DEG = 10.0  # pointing error that is observed as 1
DEVIATIONS = 2.0  # position error, in standard deviations, that is observed as 1
ANGLE_DEG = 90.0  # angle that is observed as 1


@inlined
def clipped(value: float) -> float:
    """Return a value limited to :data:`LIMIT` on both sides."""
    return min(max(value, -LIMIT), LIMIT)


@inlined
def mark(observation: Any, first: int, count: int, chosen: int) -> int:
    """Write 1 at a position in a list and 0 elsewhere; return the index after the list.

    Args:
        observation: Receives the observation, shape ``(D,)``.
        first: Index to begin at.
        count: Length of the list.
        chosen: The position, -1 for none.
    """
    for k in range(count):
        observation[first + k] = 1.0 if k == chosen else 0.0
    return first + count


@inlined
def observe_timetable(p: Record, e: Record, observation: Any) -> None:
    """Write place, angles and errors of the slot, and the setting of the slot before.

    Args:
        p: Parameters of the environment, one record.
        e: The environment.
        observation: Receives the observation, shape ``(D,)``.
    """
    pointing, last = pointing_deg(p, e.estimate_m), p.look_angle_deg.shape[1] - 1
    error_m = e.estimate_m - e.position_m
    observation[0] = clipped(2.0 * e.position_m / p.cell_m)
    observation[1] = p.angle_deg[e.time] / ANGLE_DEG
    observation[2] = clipped((pointing - p.angle_deg[e.time]) / POINTING_DEG)
    observation[3] = clipped(error_m * p.per_position_std / DEVIATIONS)
    observation[4] = (p.look_angle_deg[e.time, 0] - pointing) / ANGLE_DEG
    observation[5] = (p.look_angle_deg[e.time, last] - pointing) / ANGLE_DEG
    at = mark(observation, 6, p.separations_deg.shape[0], e.separation)
    at = mark(observation, at, p.radar_widths_deg.shape[0], e.radar_width)
    mark(observation, at, p.communication_widths_deg.shape[0], e.communication_width)


def timetable_fields(params: HsrDualBeamParams) -> tuple[Coordinate, ...]:
    """Return the coordinates of :func:`observe_timetable`."""
    separations, radar_widths, communication_widths = params.action_shape
    angle = f"{ANGLE_DEG:g} deg"
    return (
        _wide("position", "Position of the train by the timetable.", "half the cell"),
        Coordinate("angle", "Direction of the train by the timetable.", angle, low=-1.0),
        _wide("pointing_error", "Direction of the estimate less that.", f"{POINTING_DEG:g} deg"),
        _wide("position_error", "The same in metres.", f"{DEVIATIONS:g} deviations"),
        _wide("near", "Direction of the nearest watched point off the communication beam.", angle),
        _wide("far", "Direction of the farthest watched point off the communication beam.", angle),
        Coordinate("separation", "1 at that of the slot before.", size=separations),
        Coordinate("radar_width", "1 at that of the slot before.", size=radar_widths),
        Coordinate("communication_width", "1 at that before.", size=communication_widths),
    )


def _wide(name: str, meaning: str, unit: str) -> Coordinate:
    return Coordinate(name, meaning, unit, low=-LIMIT, high=LIMIT)
