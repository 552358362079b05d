"""How phases are asked for: what an action is made of, and the action for wanted phases."""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Coordinate, Kind
from isac_envs.envs.surfaces.params import SurfaceParams

Turns = npt.NDArray[np.float64]


def phase_coordinates(p: SurfaceParams) -> tuple[Kind, Coordinate]:
    """Return the kind of the action, and the coordinates that are phases or the beam.

    Args:
        p: Parameters of the environment.
    """
    if p.action == "codebook":
        meaning = "Beam of the codebook, ascending with the cosine."
        return "discrete", Coordinate("beam", meaning, high=p.codebook_size - 1.0)
    if p.action == "levels":
        high = float((1 << p.phase_bits) - 1)
        meaning = "Level of an element's phase."
        return "multi_discrete", Coordinate("level", meaning, high=high, size=p.elements)
    meaning = "Phase over half a turn."
    if p.action == "increments":
        meaning = "Change of a phase over its largest."
    return "box", Coordinate("phase", meaning, low=-1.0, size=p.elements)


def phase_action(p: SurfaceParams, present: Turns, turns: Turns) -> tuple[npt.NDArray[Any], Turns]:
    """Return the action that asks for phases, and the phases that it reaches.

    Increments go there as far as they may, levels as near as they can.

    Args:
        p: Parameters of the environment; not those of a codebook.
        present: Present phases in turns, shape ``(n, N)``.
        turns: Wanted phases in turns, shape ``(n, N)``.
    """
    if p.action == "levels":
        levels = 1 << p.phase_bits
        return np.asarray(np.rint(turns * levels), np.int64) % levels, turns
    if p.action == "phases":
        return 2.0 * (turns - np.rint(turns)), turns
    way, largest = turns - present, p.largest_increment_deg / 360.0
    action = np.clip((way - np.rint(way)) / largest, -1.0, 1.0)
    return action, present + largest * action
