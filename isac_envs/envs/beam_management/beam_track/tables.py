"""What parameters of beam tracking fix: budgets, error variances, the grid, what moves vehicles."""

import math
from typing import Any

import numpy as np

from isac_envs.engine.mathx import db_to_linear, ln
from isac_envs.errors import TraceError
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.estimation.bounds import (
    angle_variance,
    delay_variance_flat_spectrum,
    doppler_variance_flat_time,
    split_aperture_variance,
)
from isac_envs.kernels.numerics.gamma import exp_or_zero
from isac_envs.kernels.pathloss.free_space import friis_gain_one, radar_received_power_one
from isac_envs.kernels.radar.cfar import cfar_factor
from isac_envs.sensing.echo_work import training_cells
from isac_envs.traces.reading import read_traffic
from isac_envs.traces.scenes import Y, passes_of

_VEHICLE_LENGTH_M = 5.0  # in a trace
_NOT_MEASURED = 1e12  # variance times SNR of a velocity that is not measured, (m/s)^2


def caught_share(p: Any) -> float:
    """Return the part of the radiated power that all elements of a surface catch."""
    caught = friis_gain_one(p.station_m, SPEED_OF_LIGHT_M_S / p.wavelength_m)
    return float(caught * p.station_antennas * p.transmit_antennas * p.surface_rows)


def budget(p: Any) -> dict[str, float]:
    """Return powers and gains of the link and the echo; SNRs follow by powers and distances.

    ``link_gain`` is ``(lambda / 4 pi)^2 / noise`` in m^2/W, ``echo_gain``
    ``rcs lambda^2 / ((4 pi)^3 noise)`` in m^4/W, both with the excess loss. ``surface_gain`` is
    that of one column of a surface, 0 for an array.
    """
    noise_w = 1e-3 * db_to_linear(p.noise_dbm)
    kept = db_to_linear(-p.excess_loss_db)
    carrier_hz = SPEED_OF_LIGHT_M_S / p.wavelength_m
    caught = p.station_antennas * friis_gain_one(p.station_m, carrier_hz)
    surface = p.transmitter == "surface"
    echo = radar_received_power_one(1.0, 1.0, 1.0, carrier_hz, p.rcs_m2, 1.0, 1.0)
    return {
        "power_w": 1e-3 * db_to_linear(p.power_dbm),
        "surface_gain": caught * p.surface_rows * p.surface_rows if surface else 0.0,
        "link_gain": friis_gain_one(1.0, carrier_hz) * kept / noise_w,
        "echo_gain": echo * kept * kept / noise_w,
        "block_loss": db_to_linear(-p.block_loss_db),
        "threshold": -ln(p.false_alarm),
    }


def passes(p: Any) -> dict[str, Any]:
    """Return passes of the trace in the array's frame, shape ``(P, K, horizon + 1, 4)``.

    The last axis is position and velocity, in m and m/s; without a trace there is a single zero.

    Raises:
        ValueError: If the file cannot be used.
    """
    if not p.traces:
        return {"from_trace": False, "passes": np.zeros((1, 1, 1, 4))}
    origin = (p.start_x_m, p.lane_y_m)
    try:
        traffic = read_traffic(p.traces, p.slot_s, _VEHICLE_LENGTH_M)
        found = passes_of(traffic, p.vehicles, p.horizon + 1, (-origin[0], -origin[1]))
    except TraceError as error:
        raise ValueError(f"parameter traces (with slot_s, horizon): {error}") from None
    widest = float(np.abs(found[..., Y]).max())
    if widest > p.lane_half_width_m:
        raise ValueError(
            f"parameter lane_half_width_m = {p.lane_half_width_m:g}: valid: >= {widest:.4g}, what "
            f"vehicles of traces = {p.traces!r} come away from y = 0"
        )
    shifted = found + np.array([*origin, 0.0, 0.0])
    return {"from_trace": True, "passes": shifted}


def measurement_variances(p: Any) -> dict[str, float]:
    """Return error variances times the array's SNR: cosine, distance, radial velocity.

    Cramer-Rao bounds with unknown amplitude. That of the velocity is for one symbol; it falls with
    the square of their number. Under the power law all are 1 and the velocity is not measured.
    """
    if p.error_law == "power_law":
        return {
            "cosine_variance": 1.0,
            "distance_variance": 1.0,
            "speed_variance": _NOT_MEASURED * p.symbols * p.symbols,
        }
    n_r = p.receive_antennas
    half_speed, half_wave = 0.5 * SPEED_OF_LIGHT_M_S, 0.5 * p.wavelength_m
    delay = delay_variance_flat_spectrum(1.0, p.bandwidth_hz)
    doppler = doppler_variance_flat_time(1.0, 1.0 / p.bandwidth_hz)
    return {
        "cosine_variance": n_r * float(angle_variance(1.0, 0.0, 0.5, n_r, 1)),
        "distance_variance": half_speed * half_speed * float(delay),
        "speed_variance": half_wave * half_wave * float(doppler),
    }


def grid_of_echoes(p: Any) -> dict[str, Any]:
    """Return what looks at echoes need; zeros where there are none.

    ``halves_variance`` is that of the cosine times the SNR of the array, ``clutter_gain`` the
    ``echo_gain`` of static reflectors.
    """
    if p.fidelity == "statistics":
        names = ("cfar_factor", "halves_variance", "clutter_gain", "least_symbols")
        return {"echo_subcarriers": 0, "echo_symbols": 0, **dict.fromkeys(names, 0.0)}
    subcarriers, symbols = p.grid
    return {
        "echo_subcarriers": subcarriers,
        "echo_symbols": symbols,
        "least_symbols": float(subcarriers * symbols),
        "cfar_factor": cfar_factor("ca", p.false_alarm, training_cells()),
        "halves_variance": float(split_aperture_variance(1.0, 0.5, p.receive_antennas)),
        "clutter_gain": budget(p)["echo_gain"] / p.rcs_m2 * p.clutter_rcs_m2,
    }


def acceleration(p: Any) -> dict[str, float]:
    """Return what moves the vehicles, and the process noise that the filter expects.

    Held over a slot T: position and velocity move by (T^2 / 2, T) times the acceleration. White in
    continuous time with density q: covariance q [[T^3/3, T^2/2], [T^2/2, T]], drawn as a held
    acceleration of variance q / T and an independent rest of variance q T^3 / 12 on the position.
    On a circle the filter adds the drift of the centre to the position's noise.
    """
    t = p.slot_s
    kept = exp_or_zero(-t / p.acceleration_memory_s) if p.acceleration_memory_s else 0.0
    continuous = p.process == "continuous"
    drift = p.drift_m if p.motion == "circle" else 0.0
    result = {"acceleration_kept": kept}
    for axis in ("x", "y"):
        deviation = getattr(p, f"acceleration_{axis}_m_s2")
        held = deviation / math.sqrt(t) if continuous else deviation
        rest = deviation * math.sqrt(t * t * t / 12.0) if continuous else 0.0
        moved = 0.5 * t * t * held
        result[f"acceleration_{axis}_drawn"] = held * math.sqrt(1.0 - kept * kept)
        result[f"jitter_{axis}_m"] = rest
        result[f"noise_{axis}_position"] = moved * moved + rest * rest + drift * drift
        result[f"noise_{axis}_cross"] = 0.5 * t * t * t * held * held
        result[f"noise_{axis}_speed"] = (t * held) * (t * held)
    return result
