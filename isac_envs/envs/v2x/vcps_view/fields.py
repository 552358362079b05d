"""Observations, actions and signals that both forms of the environment declare."""

from typing import Any

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary

SOURCE = (
    "J. Wu, X. Xu, C. Li, H. Zhang, K. Xiao, K. Liu, 'Quality-cost trade-off on constructing "
    "logical views for vehicular cyber-physical systems: a deep reinforcement learning approach', "
    "arXiv 2211.00007, with the first author's doctoral thesis and public code; the corrections of "
    "the default scenario and the tracks are our choice."
)

OBJECTIVES = (
    Signal("quality", "Quality of the views: timeliness and consistency."),
    Signal("profit", "One minus the cost of the views: redundancy, sensing, transmission."),
)

COSTS = (
    Signal("overloaded", "Vehicles whose link cannot carry what they sense (C4.1).", "vehicles"),
    Signal("unreliable", "Vehicles that send and miss their SNR target at full power (C4.2)."),
    Signal("bandwidth_exceeded", "1 if more bandwidth is requested than there is (C4.3)."),
)

METRICS = (
    Signal("quality", "Quality of the views, QV."),
    Signal("view_cost", "Cost of the views, CV."),
    Signal("profit", "Profit of the views, PV."),
    Signal("timeliness", "Age of the views, normalised: 0 is fresh."),
    Signal("consistency", "Spread of the ages in a view, normalised: 0 is consistent."),
    Signal("redundancy", "Packets of a type that a view has already, normalised."),
    Signal("sensing_cost", "Cost of sensing for the views, normalised."),
    Signal("transmission_cost", "Energy of transmission for the views, normalised."),
    Signal("completeness", "Share of the required types with a fresh enough packet."),
    Signal("load", "Load of the queues by mean service times, mean over vehicles."),
    Signal("power_mw", "Transmit power, mean over vehicles.", "mW"),
    Signal("least_power_mw", "Power that reliability demands, mean over vehicles.", "mW"),
    Signal("sensed", "Number of sensed types.", "types"),
    Signal("wait_s", "Waiting time in the queue, mean over the sensed types.", "s"),
)

SUMMARIES = (
    Summary("quality", "Quality of the views.", "quality"),
    Summary("profit", "Profit of the views.", "profit"),
    Summary("qpuc", "Quality for a unit of cost.", "quality", "view_cost"),
    Summary("ppuq", "Profit for a unit of quality.", "profit", "quality"),
    Summary("age", "Normalised age (AT).", "timeliness"),
    Summary("redundancy", "Normalised redundancy (AR).", "redundancy"),
    Summary("sensing", "Normalised cost of sensing (ASC).", "sensing_cost"),
    Summary("transmission", "Normalised cost of transmission (ATC).", "transmission_cost"),
    Summary("completeness", "Share of the required types that are known.", "completeness"),
)


def edge_observation(params: Any) -> Spec:
    """Return the observation fields of the edge: 1 + V + 2 V K + 2 I coordinates."""
    items = params.vehicles * params.sensable_types
    return Spec(
        "box",
        (
            Coordinate("time", "Slot, over the number of slots."),
            Coordinate(
                "distance", "Distances of vehicles, over half a diagonal.", size=params.vehicles
            ),
            Coordinate("type", "Types that each vehicle can sense, over I.", size=items),
            Coordinate("cost", "Costs of sensing them, over the largest.", size=items),
            *_kinds(params),
        ),
    )


def vehicle_observation(params: Any) -> Spec:
    """Return the observation fields of a vehicle: 3 + 2 K + 2 I coordinates."""
    items = params.sensable_types
    return Spec(
        "box",
        (
            Coordinate("time", "Slot, over the number of slots."),
            Coordinate("vehicle", "Number of the vehicle over V."),
            Coordinate("distance", "Distance to the edge, over half a diagonal."),
            Coordinate("type", "Types that it can sense, over I.", size=items),
            Coordinate("cost", "Costs of sensing them, over the largest.", size=items),
            *_kinds(params),
        ),
    )


def _kinds(params: Any) -> tuple[Coordinate, ...]:
    return (
        Coordinate("cached", "Time of the cached packet of each type.", size=params.types),
        Coordinate("required", "1 for the types that views require.", size=params.types),
    )


def vehicle_action(params: Any) -> tuple[Coordinate, ...]:
    """Return the action fields of one vehicle."""
    count, top = params.sensable_types, _top(params)
    decision = Coordinate("sense", "Sensed above 1/2 (hybrid: 1).", size=count)
    rest = (
        Coordinate("rate", "Share of the load of each type.", high=top, size=count),
        Coordinate("priority", "Larger is sent first.", high=top, size=count),
        Coordinate("power", "From the least reliable power to the largest.", high=top),
    )
    return rest if params.action == "rate" else (decision, *rest)


def all_actions(params: Any) -> Spec:
    """Return the action fields of all vehicles in order, then of the edge; or the sensors."""
    if params.action == "sensors":
        meaning = "Sensor of each required type: 0 nobody, 1 the cheapest vehicle, and so on."
        sensor = Coordinate("sensor", meaning, high=params.candidates, size=params.places)
        return Spec("multi_discrete", (sensor,))
    edge = edge_action(params)
    if params.action == "hybrid":
        return Spec("multi_discrete", (*vehicle_action(params) * params.vehicles, *edge))
    names = ", ".join(f"{each.size} x {each.name}" for each in vehicle_action(params))
    size = params.vehicles * params.vehicle_width
    return Spec("box", (Coordinate("vehicle", f"Of each vehicle: {names}.", size=size), *edge))


def edge_action(params: Any) -> tuple[Coordinate, ...]:
    """Return the action fields of the edge."""
    meaning = "Bandwidth of each vehicle, in proportion."
    return (Coordinate("bandwidth", meaning, high=_top(params), size=params.vehicles),)


def action_kind(params: Any) -> Any:
    """Return the kind of the action space."""
    return "multi_discrete" if params.action == "hybrid" else "box"


def _top(params: Any) -> float:
    return params.levels - 1.0 if params.action == "hybrid" else 1.0
