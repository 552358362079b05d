"""What the kernel reads beyond the parameters: lanes, powers at 1 m, maps, scales."""

from typing import Any

import numpy as np

from isac_envs.engine.mathx import db_to_linear
from isac_envs.envs.v2x.directional_jrc.records import CELLS
from isac_envs.errors import TraceError
from isac_envs.kernels.pathloss.free_space import friis_gain_one, thermal_noise_one
from isac_envs.traces.reading import read_traffic
from isac_envs.traces.scenes import ALONG, SEAT_VALUES, Road, seats_of

Params = Any
"""The parameter model, which imports this module."""

FRONT, LEFT, BACK, RIGHT = 1, 2, 3, 4

SENSED = np.array(
    [
        [0, 0, 0, RIGHT, 0, 0, 0],
        [0, 0, 0, RIGHT, 0, 0, 0],
        [0, 0, BACK, 0, FRONT, FRONT, 0],
        [0, 0, 0, LEFT, 0, 0, 0],
        [0, 0, 0, LEFT, 0, 0, 0],
    ]
)
"""Where sensors see, for a vehicle towards +x; rows by y, the smallest first."""

RECEIVED = np.array(
    [
        [RIGHT] * 7,
        [RIGHT] * 7,
        [BACK, BACK, BACK, FRONT, FRONT, FRONT, FRONT],
        [LEFT] * 7,
        [LEFT] * 7,
    ]
)
"""Labels of received cells, likewise."""

IMPORTANT = np.array(
    [
        [0, 0, 0, 1, 1, 1, 1],
        [0, 0, 0, 1, 1, 1, 1],
        [0, 0, 1, 0, 1, 1, 1],
        [0, 0, 0, 1, 1, 1, 1],
        [0, 0, 0, 1, 1, 1, 1],
    ]
)
"""The 20 cells that matter to a receiver, likewise."""


def lanes(params: Params) -> dict[str, Any]:
    """Return position and velocity of each lane."""
    numbers = params.lane_numbers
    signs = np.sign(numbers)
    speeds = params.speed_m_s + params.speed_difference_m_s * (np.abs(numbers) - 1)
    return {
        "lane_y_m": (numbers - 0.5 * signs) * params.lane_width_m,
        "lane_velocity_m_s": signs * speeds,
    }


def seats(params: Params) -> dict[str, Any]:
    """Return who is on the road in each slot of the trace, shape ``(T, N, 6)``; zeros without one.

    Raises:
        ValueError: If the file cannot be used.
    """
    if not params.traces:
        return {"from_trace": False, "starts": 1, "seats": np.zeros((1, 1, SEAT_VALUES))}
    road = Road(params.road_m, 2 * params.lanes_per_direction * params.lane_width_m)
    try:
        traffic = read_traffic(params.traces, params.step_s, params.length_m)
        found = seats_of(traffic, params.vehicles, road)
    except TraceError as error:
        raise ValueError(f"parameter traces (with step_s): {error}") from None
    if params.horizon >= traffic.slots:
        raise ValueError(
            f"parameter horizon = {params.horizon}: valid: <= {traffic.slots - 1}, the steps of "
            f"step_s = {params.step_s:g} s in traces = {params.traces!r}"
        )
    fastest = float(np.abs(found[..., ALONG]).max())
    if fastest > params.fastest_m_s:
        raise ValueError(
            f"parameter speed_m_s = {params.speed_m_s:g}: the outer lanes (of lanes_per_direction "
            f"and speed_difference_m_s) allow {params.fastest_m_s:g} m/s, but a vehicle of traces "
            f"= {params.traces!r} drives at {fastest:.4g} m/s on the road (of road_m)"
        )
    return {"from_trace": True, "starts": traffic.slots - params.horizon, "seats": found}


def powers(params: Params) -> dict[str, Any]:
    """Return received powers at 1 m in free space, in W, and the noise power."""
    alone_w = 1e-3 * db_to_linear(params.power_dbm) * friis_gain_one(1.0, params.carrier_hz)
    main, side = db_to_linear(params.gain_dbi), db_to_linear(params.side_lobe_dbi)
    radar_w = alone_w * db_to_linear(params.radar_gain_dbi) * params.radar_interferes
    leak_w = alone_w * side * params.leakage
    return {
        "one_metre_gain": friis_gain_one(1.0, params.carrier_hz),
        "signal_w": alone_w * main * main,
        "radar_main_w": radar_w * main,
        "radar_side_w": radar_w * side,
        "leak_main_w": leak_w * main,
        "leak_side_w": leak_w * side,
        "noise_w": thermal_noise_one(params.bandwidth_hz, params.noise_figure_db),
    }


def maps(params: Params) -> dict[str, Any]:
    """Return labels of sensed, received and first cells, and which cells matter."""
    swap = np.array([0, FRONT, RIGHT, BACK, LEFT] if params.sides == "swapped" else range(5))
    sensed, received = swap[SENSED], swap[RECEIVED]
    backwards = received[::-1, ::-1] if params.received_labels == "mirrored" else received
    ahead = IMPORTANT[:, ::-1] if params.importance_map == "mirrored" else IMPORTANT
    fresh = np.array([sensed, sensed[::-1, ::-1]])
    first = fresh[(params.lane_numbers < 0).astype(int)]
    if params.first_maps == "two_lanes":
        first = np.zeros_like(first)
        first[0], first[1] = fresh[1], fresh[0]
    return {
        "fresh_labels": fresh.reshape(2, CELLS),
        "received_labels": np.array([received, backwards]).reshape(2, CELLS),
        "importance": np.array([IMPORTANT, ahead], np.float64).reshape(2, CELLS),
        "first_labels": first.reshape(-1, CELLS),
    }


def scales(params: Params) -> dict[str, Any]:
    """Return the factors of the observation's coordinates."""
    width = 2 * params.lanes_per_direction * params.lane_width_m
    if params.observation == "published":
        return {
            "off_road": 0.0,
            "scale_v": 1.0 / params.speed_m_s,
            "scale_x": 1.0 / (params.road_m * params.road_m),
            "scale_y": 0.5 / (width * params.road_m),
            "scale_dv": 1.0 / (params.speed_m_s * params.speed_m_s),
            "scale_label": 0.25 / (params.age_max + 1),
            "scale_age": 1.0 / (params.age_max * (params.age_max + 1)),
        }
    return {
        "off_road": -1.0,
        "scale_v": 1.0 / params.fastest_m_s,
        "scale_x": 1.0 / min(params.range_m, params.road_m),
        "scale_y": 1.0 / width,
        "scale_dv": 0.5 / params.fastest_m_s,
        "scale_label": 0.25,
        "scale_age": 1.0 / params.age_max,
    }
