"""Physics kernels beside reference data: Doppler shifts, echoes and radar cross sections."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from physics_references import HAND, Comparison, Read, Row, compare, load, of, rows

from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.radar import cfar, doppler, echo, range_doppler, rcs
from isac_envs.kernels.radar.echo import OfdmGrid
from isac_envs.kernels.radar.rcs_data import TARGETS

NAMES = {
    "uav-small-size|1": "uav_small",
    "human|1": "human",
    "uav-large-size|2": "uav_large",
    "human|2": "human_directional",
    "vehicle-single-sp|2": "vehicle",
    "vehicle-multi-sp|2": "vehicle_points",
    "agv-single-sp|2": "agv",
    "agv-multi-sp|2": "agv_points",
}
"""Our names of the targets and models of the reference."""


def shift(row: Row) -> Any:
    nodes = (row[f"p_{node}"] + row[f"v_{node}"] for node in ("tx", "tgt", "rx"))
    return doppler.bistatic_paths(*nodes, row["f"]).doppler_hz


def vibration_lines(row: Row) -> Any:
    return doppler.vibration_line(np.arange(-3, 4), row["amp_m"], row["f"])


def doppler_shifts() -> Iterator[Comparison]:
    peak = of(doppler.vibration_peak_doppler, "amp_m", "fv_Hz", "f")
    yield from compare(
        rows("echo.json", "doppler"), "derivative with 50 digits",
        ("Doppler shift, moving nodes", "Doppler", shift, "doppler_num_Hz"),
    )  # fmt: skip
    table = rows("echo.json", "micro_doppler_vibration")
    lines = ("vibration, lines -3 to 3", "correlation", vibration_lines)
    yield from compare(table, "discrete Fourier transform", (*lines, "fft"))
    peaks = ("vibration, largest shift", "formula", peak, "peak_microdoppler_Hz")
    yield from compare(table, HAND, peaks)

    def tip(row: Row) -> float:
        return doppler.rotor_tip_doppler(row["blade_len_m"], row["rpm"] / 60.0, 0.0, row["f"])

    def flashes(row: Row) -> float:
        return doppler.rotor_flash_rate(row["nblades"], row["rpm"] / 60.0)

    yield from compare(
        rows("echo.json", "micro_doppler_rotor"), HAND,
        ("rotor, shift of the tip", "formula", tip, "fmax_Hz"),
        ("rotor, flash rate", "formula", flashes, "flash_rate_Hz"),
    )  # fmt: skip


def received(targets: list[Row], grid: OfdmGrid) -> np.ndarray:
    """Return the echoes of monostatic targets; their carrier phase is in the amplitude."""
    delay = [2.0 * each["R"] / SPEED_OF_LIGHT_M_S for each in targets]
    shifts = [-2.0 * each["v_r"] * grid.carrier_hz / SPEED_OF_LIGHT_M_S for each in targets]
    amplitude = [complex(each.get("re", 1.0), each.get("im", 0.0)) for each in targets]
    return echo.echo_grid(delay, shifts, amplitude, grid)


def grid_of(row: Row) -> OfdmGrid:
    return OfdmGrid(row["fc"], row["df"], row["T"], 5e-7, row["N"], row["M"])


def limits(row: Row) -> Any:
    prefix = 144.0 / 2048.0 / row["df"]
    grid = OfdmGrid(28e9, row["df"], row["T_sym_avg"], prefix, row["N"], row["M"])
    return range_doppler.resolution_limits(grid)


def echoes() -> Iterator[Comparison]:
    row = load("echo.json")["ofdm_echo_grid"]
    expected = np.array(row["Y_re"]) + 1j * np.array(row["Y_im"])
    found = received(row["targets"], grid_of(row))
    yield Comparison("grid of three targets", HAND, "steering", found, expected)
    columns = "dR", "Rmax_unamb", "Rmax_CP", "dv", "vmax_pm"
    expected_limits = of(lambda *values: values, *columns)
    entry = ("resolution and ambiguity", "formula", limits, expected_limits)
    yield from compare(rows("echo.json", "ofdm_resolution"), HAND, entry)
    row = load("echo.json")["rd_map"]
    map_ = np.abs(range_doppler.range_doppler_map(received([row], grid_of(row))))
    peak, height = np.array(np.unravel_index(map_.argmax(), map_.shape)), np.array([map_.max()])
    yield Comparison("bins of a peak", HAND, "formula", peak, np.array(row["peak_bin"]))
    yield Comparison("height of a peak", HAND, "formula", height, np.array([row["peak_abs"]]))


def cross_section(row: Row) -> Any:
    angles = np.radians([row["th_i"], row["ph_i"], row["th_s"], row["ph_s"]])
    return rcs.rcs_dbsm(NAMES[f"{row['target']}|{row['model']}"], *angles)


def parameters(name: str) -> list[float]:
    """Return mean, deviation, both of the cross-polarisation, k_1, k_2 and those of the lobes."""
    target = TARGETS[NAMES[name]]
    lobes = [
        value
        for lobe in sorted(target.lobes)
        for value in (lobe.zenith_deg, lobe.zenith_width_deg, lobe.peak_dbsm, lobe.depth_db)
    ]
    return [*target[1:5], target.k_1, target.k_2, *lobes]


def reference_parameters(each: Row) -> list[float]:
    columns = "theta_center", "theta_3db", "g_max", "sigma_max"
    ordered = sorted(each["lobes"], key=lambda lobe: lobe["name"])
    lobes = [lobe[column] for lobe in ordered for column in columns]
    return [each["sigma_m_db"], each["sigma_s_db"], *each["xpr"], each["k1"], each["k2"], *lobes]


def cross_sections() -> Iterator[Comparison]:
    def monostatic(row: Row) -> bool:
        return (row["th_i"], row["ph_i"]) == (row["th_s"], row["ph_s"])

    table = rows("rcs.json", "values")
    for name, both in (("monostatic", True), ("bistatic", False)):
        some = [row for row in table if monostatic(row) == both]
        yield from compare(some, HAND, (name, "RCS", cross_section, "hand_dBsm"))
        entry = (name, "single precision", cross_section, "sionna_dBsm")
        yield from compare(some, "sionna.rt 2.2.0, float32", entry)
    every = load("rcs.json")["params"]
    found = np.concatenate([parameters(name) for name in every])
    expected = np.concatenate([reference_parameters(each) for each in every.values()])
    yield Comparison("tables of the standard", "sionna.rt 2.2.0", "RCS", found, expected)
    entry = ("mean of the fluctuation", "RCS", mean_fluctuation, "mu_sigmaS_dB")
    yield from compare(list(every.values()), HAND, entry)


def mean_fluctuation(row: Row) -> float:
    return rcs.fluctuation_db(0.0, row["sigma_s_db"])


def thresholds() -> Iterator[Comparison]:
    def factor(kind: str) -> Read:
        return lambda row: cfar.cfar_factor(kind, row["pfa"], row["N"], row.get("k"))

    table = rows("cfar.json", "cfar")
    for kind, name in (("ca", "cell averaging"), ("go", "greatest of"), ("so", "smallest of")):
        yield from compare(table, HAND, (name, "formula", factor(kind), f"{kind}_alpha_mean"))
    ranks = [row | each for row in table for each in row["os"]]
    yield from compare(ranks, HAND, ("ordered statistic", "formula", factor("os"), "alpha"))


GROUPS = {
    "Doppler shifts": doppler_shifts,
    "Echoes": echoes,
    "Threshold factors at a constant false alarm rate": thresholds,
    "Radar cross sections, TR 38.901 clause 7.9": cross_sections,
}
