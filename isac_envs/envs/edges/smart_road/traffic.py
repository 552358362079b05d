"""The background of each road, and what its road-side unit knows of it."""

from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import integer, normal, poisson, uniform
from isac_envs.envs.edges.grid import NOWHERE, ROADS, neighbour, on_cross
from isac_envs.envs.edges.smart_road.params import SmartRoadParams
from isac_envs.envs.edges.smart_road.records import State

RADAR = SmartRoadParams.code("sensing", "radar")


@jit
def draw_background(p: Record, state: State, probability: float) -> None:
    """Draw the background of each road anew with a probability, and let its unit look.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
        probability: Probability for each road.
    """
    e, roads = state.env, state.roads
    for node in range(roads.shape[0]):
        for road in range(ROADS):
            end = neighbour(p.side, node, road)
            if end != NOWHERE:
                cross = on_cross(p.side, node, end)
                changes = uniform(e.world) < probability
                count = poisson(e.world, p.cross_mean if cross else p.background_mean)
                if changes:
                    roads[node, road].background = count
                    roads[node, road].predicted = look(p, e.measurement, count)


@inlined
def look(p: Record, stream: Any, count: int) -> float:
    """Return the number of vehicles on a road as its unit knows it.

    A radar sees cells of range. Each vehicle is somewhere on the road and is detected with the
    probability of its cell; several in a cell count as one.

    Args:
        p: Parameters of the environment, one record.
        stream: Stream of the measurement.
        count: The true number.
    """
    if p.sensing == RADAR:
        occupied = 0  # one bit for each cell
        for _ in range(count):
            cell = integer(stream, p.cells)
            found = uniform(stream) < p.detected[cell]
            occupied |= (1 << cell) if found else 0
        cells = 0
        for cell in range(p.cells):
            false = uniform(stream) < p.false_alarm_probability
            cells += 1 if false or (occupied >> cell) & 1 else 0
        return p.estimated[cells]
    return max(0.0, count + p.prediction_std * normal(stream))
