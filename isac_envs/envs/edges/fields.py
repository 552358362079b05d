"""Observations, actions and signals that both environments share."""

from isac_envs.declaration.fields import Coordinate, Signal, Summary
from isac_envs.envs.edges.grid import NAMES

HOST_LABELS = ("stay", "ahead", "lightest")
ROAD = Coordinate("road", "Road to take.", high=len(NAMES) - 1.0, labels=NAMES)
HOST = Coordinate(
    "host",
    "Server of the twin: where it is, at the end of the road, or that end's neighbour with the "
    "fewest twins.",
    high=len(HOST_LABELS) - 1.0,
    labels=HOST_LABELS,
)

OBJECTIVES = (
    Signal("travel", "Minus the travel time of the road.", "s"),
    Signal("delay", "Minus the delay of a task.", "s"),
    Signal("migration", "-1 if the twin migrated."),
)
COSTS = (Signal("late", "1 if tasks take longer than delay_limit_s."),)
METRICS = (
    Signal("travel_s", "Travel time of the road.", "s"),
    Signal("delay_s", "Delay of a task.", "s"),
    Signal("uplink_s", "Part of it over the air.", "s"),
    Signal("migrated", "1 if the twin migrated."),
    Signal("late", "1 if tasks took longer than delay_limit_s."),
    Signal("roads_to_host", "Roads between vehicle and twin."),
    Signal("arrived", "1 if the vehicle arrived."),
)
SUMMARIES = (
    Summary("travel_s", "Travel time of a road, s.", "travel_s", "under_way"),
    Summary("delay_s", "Delay of a task, s.", "delay_s", "under_way"),
    Summary("migrations", "Migrations a road.", "migrated", "under_way"),
    Summary("late", "Share of the roads with late tasks.", "late", "under_way"),
    Summary("arrivals", "Arrivals a road under way.", "arrived", "under_way"),
)


def each_step() -> tuple[Summary, ...]:
    """Return the summaries where every step is one of a vehicle under way."""
    return tuple(Summary(each.name, each.meaning, each.numerator) for each in SUMMARIES)


def road_and_host() -> Coordinate:
    """Return the choice of a road and a host as one number."""
    labels = tuple(f"{road}, {host}" for road in NAMES for host in HOST_LABELS)
    meaning = "Road times the number of hosts, plus host; a road that is not there: wait."
    return Coordinate("road_and_host", meaning, high=len(labels) - 1.0, labels=labels)


def own() -> tuple[Coordinate, ...]:
    """Return where a vehicle, its target and its twin are."""
    return (
        Coordinate("row", "Row of the vehicle's node, from the north."),
        Coordinate("column", "Its column, from the west."),
        Coordinate("target_rows", "Rows to the target, over those of the grid.", low=-1.0),
        Coordinate("target_columns", "Columns to the target.", low=-1.0),
        Coordinate("host_rows", "Rows to the twin.", low=-1.0),
        Coordinate("host_columns", "Columns to the twin.", low=-1.0),
    )


def crowding() -> tuple[Coordinate, ...]:
    """Return the travel times of the roads from a vehicle's node."""
    meaning = "Time x on top of the free one, as x / (x + free time); 1 if there is no road."
    return tuple(Coordinate(f"crowding_{name}", meaning) for name in NAMES)


def flat() -> tuple[Coordinate, ...]:
    """Return numbers about a vehicle and the roads from its node."""
    further = (
        Coordinate("host_load", "Share of its time that the twin's server is busy."),
        Coordinate("under_way", "1 if the vehicle has not arrived."),
        Coordinate("identity", "Number of the vehicle, from 1, over all vehicles."),
    )
    roads: list[Coordinate] = []
    for name in NAMES:
        roads += (
            Coordinate(f"nearer_{name}", "1 if the road leads nearer to the target, -1 if "
                       "farther, 0 if there is none.", low=-1.0),
            Coordinate(f"crowding_{name}", "Predicted time x on top of the free one, as x / (x + "
                       "free time); 1 if there is no road."),
            Coordinate(f"load_{name}", "Share of its time that the server at its end is busy."),
        )  # fmt: skip
    return (*own(), *further, *roads)


def planes(nodes: int) -> tuple[Coordinate, ...]:
    """Return five maps of the grid, each row by row.

    Args:
        nodes: Nodes of the grid.
    """
    return (
        Coordinate("own", "1 at the vehicle's node.", size=nodes),
        Coordinate("target", "1 at its target.", size=nodes),
        Coordinate("host", "1 at the server of its twin.", size=nodes),
        Coordinate("crowding", "Predicted time x on top of the free one, mean over the roads of "
                   "a node, as x / (x + free time).", size=nodes),
        Coordinate("load", "Share of its time that a server is busy.", size=nodes),
    )  # fmt: skip
