"""Calls of the sensing and communication metrics with valid arguments, the same in every process.

Run as a script, it prints their results as JSON: compiled, or interpreted with
``NUMBA_DISABLE_JIT=1``.
"""

import json
import sys
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from isac_envs.kernels.estimation import bounds as estimation_bounds
from isac_envs.kernels.link import metrics as link_metrics
from isac_envs.kernels.link import modulation_tables, queueing
from isac_envs.kernels.numerics import marcum
from isac_envs.kernels.platforms import propulsion
from isac_envs.kernels.radar import detection, required_snr

Bounds = tuple[float, float]

GRID: dict[str, Bounds] = {"subcarriers": (2, 500), "symbols": (2, 500)}
OFDM: dict[str, Bounds] = {"snr_per_re": (1e-3, 1e3), "subcarrier_spacing_hz": (1e4, 1e6), **GRID}
TIMES: dict[str, Bounds] = {"snr_per_re": (1e-3, 1e3), "symbol_duration_s": (1e-6, 1e-4), **GRID}
ARRAY: dict[str, Bounds] = {"snr_per_element": (1e-3, 1e3), "angle_rad": (-1.5, 1.5)}
UNIFORM: dict[str, Bounds] = {"spacing_wavelengths": (0.3, 1.0), "elements": (2, 64)}
SNR: Bounds = (1e-2, 1e3)
PFA: Bounds = (1e-9, 1e-2)

BOUNDS: dict[str, dict[str, Bounds]] = {
    "marcum_q": {"order": (1, 40), "a": (0.01, 12.0), "b": (0.01, 15.0)},
    "detection_threshold": {"false_alarm_probability": PFA, "pulses": (1, 64)},
    "swerling_1_single_pulse": {"snr": SNR, "threshold": (1.0, 30.0)},
    "albersheim_snr_db": {
        "detection_probability": (0.1, 0.9),
        "false_alarm_probability": (1e-7, 1e-3),
        "pulses": (1, 100),
    },
    "delay_variance": OFDM,
    "delay_variance_known_amplitude": OFDM,
    "doppler_variance": TIMES,
    "doppler_variance_known_amplitude": TIMES,
    "delay_variance_flat_spectrum": {"snr_after_mf": SNR, "bandwidth_hz": (1e6, 1e9)},
    "doppler_variance_flat_time": {"snr_after_mf": SNR, "duration_s": (1e-6, 1e-1)},
    "angle_variance": {**ARRAY, **UNIFORM, "snapshots": (1, 99)},
    "angle_variance_known_amplitude": {**ARRAY, **UNIFORM, "snapshots": (1, 99)},
    "split_aperture_variance": {"snr_after_mf": SNR, **UNIFORM},
    "angle_variance_of_spread": {**ARRAY, "spread_wavelengths2": (1, 1e4), "snapshots": (1, 99)},
    "range_variance_monostatic": {"delay_variance_s2": (1e-20, 1e-12)},
    "path_length_variance": {"delay_variance_s2": (1e-20, 1e-12)},
    "velocity_variance_monostatic": {"doppler_variance_hz2": (1, 1e6), "carrier_hz": (1e9, 3e11)},
    "shannon_rate": {"sinr": (1e-9, 1e6)},
    "required_sinr": {"rate": (1e-6, 12.0)},
    "sinr": {"signal_w": (1e-12, 1.0), "interference_w": (1e-12, 1.0), "noise_w": (1e-15, 1e-9)},
    "finite_block_rate": {
        "snr": SNR,
        "block_length": (50, 5000),
        "error_probability": (1e-9, 0.9),
    },
    "finite_block_error": {"snr": SNR, "block_length": (50, 5000), "rate": (0.1, 6.0)},
    "rayleigh_ergodic_rate": {"mean_snr": SNR},
    "rayleigh_outage": {"mean_snr": SNR, "rate": (0.01, 6.0)},
    "rician_outage": {"mean_snr": SNR, "rate": (0.01, 6.0), "rician_k": (0.01, 30.0)},
    "nakagami_outage": {"mean_snr": SNR, "rate": (0.01, 6.0), "shape": (0.5, 20.0)},
    "secrecy_rate": {"snr": SNR, "eavesdropper_snr": SNR},
    "secrecy_outage": {"mean_snr": SNR, "mean_eavesdropper_snr": SNR, "rate": (0.01, 6.0)},
    "sensing_information": {"power_w": SNR, "gain_variance": (1e-9, 1e-3), "noise_w": (1e-12, 1)},
    "estimation_rate": {
        "bandwidth_hz": (1e6, 1e9),
        "snr_after_mf": SNR,
        "process_deviation_s": (1e-9, 1e-6),
        "interval_s": (1e-6, 1.0),
    },
    "cqi_efficiency": {"table": (1, 4), "cqi": (0, 15)},
    "cqi_threshold_db": {"table": (1, 4), "cqi": (1, 15)},
    "mcs_threshold_db": {"table": (1, 4), "mcs": (0, 26), "code_block_bits": (24, 8448)},
    "select_mcs": {"snr_db": (-20, 35), "table": (1, 4), "code_block_bits": (24, 8448)},
    "select_cqi": {"snr_db": (-20, 35), "table": (1, 4)},
    "rotary_wing_power": {"speed_m_s": (0.01, 40.0)},
    "mm1_sojourn": {"arrival_rate_hz": (0.01, 10.0), "service_rate_hz": (10.1, 1e4)},
    "age_mm1": {"load": (0.01, 0.99), "service_rate_hz": (0.1, 1e4)},
    "age_md1": {"load": (0.01, 0.99), "service_rate_hz": (0.1, 1e4)},
    "age_slotted": {"success_probability": (0.01, 1.0)},
}
"""Argument ranges of every function; those of counts are integers."""

for case in range(5):
    BOUNDS[f"detection_probability:{case}"] = {
        "snr": SNR,
        "false_alarm_probability": PFA,
        "pulses": (1, 64),
    }
    BOUNDS[f"required_snr:{case}"] = {
        "detection_probability": (0.05, 0.99),
        "false_alarm_probability": PFA,
        "pulses": (1, 64),
    }
    BOUNDS[f"shnidman_snr_db:{case}"] = {
        "detection_probability": (0.1, 0.99),
        "false_alarm_probability": (1e-9, 1e-3),
        "pulses": (1, 100),
    }

MODULES = (
    detection,
    estimation_bounds,
    link_metrics,
    marcum,
    modulation_tables,
    propulsion,
    queueing,
    required_snr,
)
COUNTS = {"order", "pulses", "subcarriers", "symbols", "elements", "snapshots"} | {
    "block_length",
    "code_block_bits",
    "table",
    "cqi",
    "mcs",
}


def function(name: str) -> Callable[..., Any]:
    """Return the function of a name such as ``detection_probability:3`` (Swerling case 3)."""
    plain, _, case_number = name.partition(":")
    found = next(getattr(module, plain) for module in MODULES if hasattr(module, plain))
    if not case_number:
        return found
    return lambda **arguments: found(**arguments, swerling=int(case_number))


def samples(name: str, count: int) -> dict[str, np.ndarray]:
    """Return arrays of arguments, uniform or (over decades) log-uniform."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    drawn = {}
    for argument, (low, high) in BOUNDS[name].items():
        if argument in COUNTS:
            drawn[argument] = generator.integers(int(low), int(high) + 1, count).astype(float)
        elif low > 0.0 and high / low > 100.0:
            drawn[argument] = np.exp(generator.uniform(np.log(low), np.log(high), count))
        else:
            drawn[argument] = generator.uniform(low, high, count)
    return drawn


def results(count: int) -> dict[str, list[float]]:
    """Return the results of every function on its samples."""
    return {name: function(name)(**samples(name, count)).tolist() for name in BOUNDS}


if __name__ == "__main__":
    print(json.dumps(results(int(sys.argv[1]))))
