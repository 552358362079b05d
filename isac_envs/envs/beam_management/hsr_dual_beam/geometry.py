"""What the timetable of the train fixes: angles and power ratios of every slot.

The train runs on a straight track past a mast. Angles are seen from the mast, from the foot of the
perpendicular (0) to the direction of travel (positive). All ratios are to thermal noise and hold
before the gains of the beams.
"""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.kernels.numerics import portable
from isac_envs.kernels.pathloss.free_space import fspl, radar_loss, thermal_noise_dbm
from isac_envs.kernels.pathloss.railway import track_distance

Array: TypeAlias = npt.NDArray[np.float64]
Params: TypeAlias = Any
"""The parameters, whose module stands above this one."""

_ROWS = 256  # tables grow by this many slots, so that other speeds use the same machine code


def slots_of_passage(params: Params) -> int:
    """Return the number of slots until the train has left the cell."""
    return math.ceil(params.cell_m / (params.speed_m_s * params.slot_s))


def slot_tables(params: Params) -> dict[str, Any]:
    """Return the tables of the kernel.

    Rows are slots from 0 to the one after the passage and beyond: the train continues. The tables
    of the look-ahead points have shape ``(slots, points)``, all others ``(slots,)``.
    """
    rows = _ROWS * math.ceil((slots_of_passage(params) + 1) / _ROWS)
    slots = np.arange(rows, dtype=np.float64)
    position: Array = params.speed_m_s * params.slot_s * slots - 0.5 * params.cell_m
    ahead = np.linspace(params.look_ahead_near_m, params.look_ahead_far_m, params.look_ahead_points)
    points: Array = position[:, None] + ahead
    return {
        "position_table_m": position,
        "angle_deg": angle_deg(position, params.mast_distance_m),
        "look_angle_deg": angle_deg(points, params.mast_distance_m),
        **_link_tables(params, position),
        **_radar_tables(params, position, points),
    }


def angle_deg(along_m: npt.ArrayLike, mast_distance_m: float) -> Array:
    """Return the angle of places on the track, -90..90 degrees."""
    return np.asarray(360.0 * portable.atan2_turns(along_m, mast_distance_m))


def _link_tables(params: Params, position: Array) -> dict[str, Any]:
    distance = track_distance(position, params.mast_distance_m, 0.0)
    log_distance_db = portable.linear_to_db(distance)
    loss_db = fspl(1.0, params.carrier_hz) + params.path_loss_exponent * log_distance_db
    noise_dbm = thermal_noise_dbm(params.bandwidth_hz, params.noise_figure_db)
    received_db = params.train_antenna_gain_db - loss_db - noise_dbm
    low_loss_db = fspl(1.0, params.low_band_carrier_hz) + (
        params.low_band_path_loss_exponent * log_distance_db
    )
    low_noise_dbm = thermal_noise_dbm(params.low_band_bandwidth_hz, params.noise_figure_db)
    return {
        "signal_ratio": portable.db_to_linear(params.communication_power_dbm + received_db),
        "interference_ratio": portable.db_to_linear(params.radar_power_dbm + received_db),
        "low_band_mean_snr_db": params.low_band_power_dbm - low_loss_db - low_noise_dbm,
    }


def _radar_tables(params: Params, position: Array, points: Array) -> dict[str, Any]:
    noise_dbm = thermal_noise_dbm(params.radar_bandwidth_hz, params.noise_figure_db)
    target_m = track_distance(points, params.mast_distance_m, 0.0)
    train_m = track_distance(position, params.mast_distance_m, 0.0)
    target_m2 = portable.db_to_linear(params.target_rcs_dbsm)
    train_m2 = portable.db_to_linear(params.train_rcs_dbsm)
    echo_loss_db = radar_loss(target_m, target_m, params.carrier_hz, target_m2)
    clutter_loss_db = radar_loss(train_m, train_m, params.carrier_hz, train_m2)
    echo_db = params.radar_power_dbm + params.processing_gain_db - echo_loss_db - noise_dbm
    clutter_db = params.communication_power_dbm - params.isolation_db - clutter_loss_db - noise_dbm
    return {
        "echo_ratio": portable.db_to_linear(echo_db),
        "clutter_ratio": portable.db_to_linear(clutter_db),
    }
