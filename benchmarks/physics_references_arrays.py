"""Physics kernels beside reference data: fading, antenna arrays, intelligent surfaces."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from physics_references import HAND, Comparison, Row, compare, of, rows

from isac_envs.kernels.arrays import beams, steering
from isac_envs.kernels.channel import fading, shadowing, tapped_delay
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.ris import phase as ris_phase
from isac_envs.kernels.ris import response as ris
from isac_envs.kernels.ris.cascade import cascade


def fast_fading() -> Iterator[Comparison]:
    def of_k(function: Any) -> Any:
        return lambda row: function(fading.rician_k(row["K_dB"]))

    def direct(k_lin: float) -> float:
        return abs(fading.rician_coefficient(0.0, 0.0, k_lin, 0.3)) ** 2

    def scattered(k_lin: float) -> float:
        both = fading.rician_coefficient([0.0, 1.0], [0.0, 1.0], k_lin)
        return abs(both[1] - both[0]) ** 2

    def bessel(row: Row) -> float:
        return fading.bessel_j0(2.0 * math.pi * row["fDtau"])

    table, name = rows("fading.json", "jakes_autocorr"), "autocorrelation"
    short = [row for row in table if row["fDtau"] <= fading.AR1_TURNS.high]
    step = of(fading.doppler_correlation, "fDtau")
    yield from compare(table, HAND, (f"{name} of Clarke's model, J0", "correlation", bessel, "J0"))
    yield from compare(short, HAND, (f"{name} of an AR(1) step", "correlation", step, "J0"))
    variance = of_k(fading.rician_power_variance)
    yield from compare(
        rows("fading.json", "rician_moments"), HAND,
        ("Rician, direct power", "formula", of_k(direct), "los_power"),
        ("Rician, scattered power", "formula", of_k(scattered), "nlos_power"),
        ("Rician, variance of the power", "formula", variance, "var_of_power"),
    )  # fmt: skip
    yield from compare(
        rows("fading.json", "lcr_afd_rayleigh_normalised_by_fD"), HAND,
        ("level crossing rate", "formula", crossings, "LCR"),
        ("average fade duration", "formula", fades, "AFD"),
    )  # fmt: skip
    correlation = of(shadowing.shadowing_correlation, "dx", "dcor")
    entry = ("correlation of shadowing", "correlation", correlation, "rho")
    yield from compare(rows("fading.json", "gudmundson"), HAND, entry)


def crossings(row: Row) -> float:
    return fading.level_crossing_rate(row["rho"], 1.0)


def fades(row: Row) -> float:
    return fading.average_fade_duration(row["rho"], 1.0)


def tapped_delay_lines() -> Iterator[Comparison]:
    def line(row: Row) -> Any:
        return tapped_delay.tapped_delay_line(row["model"][-1], 1e-6)

    def first_db(row: Row) -> float:
        return 10.0 * math.log10(line(row).powers_lin[0])

    def spread(row: Row) -> float:
        return tapped_delay.rms_delay_spread(line(row).delays_s, line(row).powers_lin)

    yield from compare(
        rows("fading.json", "tdl_v19_2"), HAND,
        ("TDL-A to E, power of the first tap", "level", first_db,
         lambda row: row["first"][1] - row["total_dB"]),
        ("TDL-A to E, RMS delay spread", "formula", spread,
         lambda row: 1e-6 * row["rms_ds_normalised"]),
        ("TDL-A to E, longest delay", "formula", lambda row: line(row).delays_s.max(),
         lambda row: 1e-6 * row["max_delay"]),
    )  # fmt: skip


def cosine(row: Row, key: str) -> float:
    """Return the cosine with the array axis of an angle from broadside."""
    return math.sin(math.radians(row[key]))


def beam_gain(row: Row) -> float:
    look, steer = cosine(row, "look_deg"), cosine(row, "steer_deg")
    return beams.ula_beam_gain(look, steer, row["N"], row["d_over_lambda"])


def vector_gain(row: Row) -> float:
    positions = steering.linear_positions(row["N"], row["d_over_lambda"])
    azimuth = np.radians([row["look_deg"], row["steer_deg"]])
    return abs(np.vdot(*steering.steering(positions, math.pi / 2.0, azimuth))) ** 2 / row["N"]


def near_gain(row: Row) -> float:
    """Return the gain over N of a beam for plane waves at a point in the near field."""
    positions, r = steering.linear_positions(256), row["R"] * 28e9 / SPEED_OF_LIGHT_M_S
    near = steering.steering(positions, math.pi / 2.0, 0.0, r)
    return abs(np.vdot(steering.steering(positions, math.pi / 2.0, 0.0), near)) ** 2 / 256**2


def arrays() -> Iterator[Comparison]:
    def width_deg(row: Row) -> float:
        return math.degrees(beams.half_power_beamwidth(row["N"]))

    def directivity(row: Row) -> float:
        return steering.ula_directivity(row["N"], row["d_over_lambda"], 0.0)

    def distance(function: Any) -> Any:
        return lambda row: function(row["aperture_m"], SPEED_OF_LIGHT_M_S / row["f"])

    file = "ris_array.json"
    yield from compare(
        rows(file, "ula_gain_matched_beam_norm_N"), HAND,
        ("beam gain, closed form", "steering", beam_gain, "gain_lin"),
        ("beam gain, steering vectors", "steering", vector_gain, "gain_lin"),
    )  # fmt: skip
    entry = ("beam for plane waves in the near field", "near field", near_gain)
    table = rows(file, "near_field_mismatch_28GHz_N256")
    yield from compare(table, HAND, (*entry, "gain_farfield_beam_over_N"))
    entry = ("half-power beamwidth", "formula", width_deg, "hpbw_deg")
    yield from compare(rows(file, "ula_hpbw"), HAND, entry)
    entry = ("directivity", "formula", directivity, "broadside_directivity")
    yield from compare(rows(file, "ula_directivity_isotropic"), HAND, entry)
    element = of(beams.element_gain_38901, "theta", "phi")
    entry = ("element of TR 38.901", "level", element, "G")
    yield from compare(rows(file, "element_38901_dBi"), HAND, entry)
    yield from compare(
        rows(file, "near_field_distances_ULA"), HAND,
        ("Fraunhofer distance", "formula", distance(steering.fraunhofer_distance), "fraunhofer_m"),
        ("Fresnel distance", "formula", distance(steering.fresnel_distance), "fresnel_m"),
    )  # fmt: skip


def square_grid(count: int, spacing_m: float) -> np.ndarray:
    line = (np.arange(count) - (count - 1) / 2.0) * spacing_m
    return np.array(np.meshgrid(line, line, indexing="ij")).reshape(2, -1)


def at_angle(distance_m: float, angle_deg: float) -> np.ndarray:
    angle = math.radians(angle_deg)
    return distance_m * np.array([math.sin(angle), 0.0, math.cos(angle)])


def element_gain_db(row: Row) -> float:
    """Return what the aperture's gain of a cell has over the fixed gain of the reference, in dB."""
    wavelength = SPEED_OF_LIGHT_M_S / row["f"]
    return 10.0 * math.log10(ris.ris_cell_gain(row["dx"], row["dx"], wavelength) / row["G"])


def surface_far(row: Row) -> float:
    cosines = (math.cos(math.radians(row[each])) for each in ("th1", "th2"))
    cells = row["M"] * row["N"], row["dx"] ** 2, row["alpha"]
    return ris.ris_path_loss(row["d1"], row["d2"], *cosines, *cells) + element_gain_db(row)


def surface_focused(row: Row) -> float:
    ends = at_angle(row["d1"], -row["th1"]), at_angle(row["d2"], row["th2"])
    cells = square_grid(row["M"], row["dx"])
    surface = SPEED_OF_LIGHT_M_S / row["f"], row["dx"] ** 2, row["alpha"]
    first, second = (ris.ris_legs(end, cells, *surface)[:, 0] for end in ends)
    best = ris_phase.optimal_reflection(0.0, first, second)
    channel = ris.ris_channel(*ends, cells, best, *surface)[0]
    return -20.0 * math.log10(abs(channel)) + element_gain_db(row)


def cascaded_power(row: Row) -> float:
    h, g = (np.array(row[f"{leg}_re"]) + 1j * np.array(row[f"{leg}_im"]) for leg in "hg")
    direct = complex(*row["direct"])
    best = ris_phase.optimal_reflection(direct, h, g)
    return abs(cascade(direct, h, best, g[:, None])[0]) ** 2


def surfaces() -> Iterator[Comparison]:
    file = "ris_array.json"
    yield from compare(
        rows(file, "tang_pathloss"), HAND,
        ("path loss, far field", "path loss", surface_far, "PL_farfield_dB"),
        ("path loss, cell by cell", "path loss", surface_focused, "PL_focus_exact_dB"),
    )  # fmt: skip
    table = [row for row in rows(file, "cascade_optimal") if row["h_re"]]
    entry = ("power with the best phases", "formula", cascaded_power, "gain_opt")
    yield from compare(table, HAND, entry)
    entry = ("power kept by b bits", "formula", of(ris_phase.quantisation_factor, "bits"), "sinc2")
    yield from compare(rows(file, "ris_quantisation_loss"), HAND, entry)
    yield from compare(
        rows(file, "abeywickrama_beta"), HAND,
        ("amplitude of a phase", "formula",
         lambda row: ris_phase.coupled_amplitude(row["theta_deg"] / 360.0), "beta"),
    )  # fmt: skip
    yield from compare(
        rows(file, "ris_circuit"), HAND,
        ("reflection of a circuit", "reflection",
         lambda row: ris_phase.circuit_reflection(row["f"], row["C_pF"] * 1e-12, row["R"]),
         lambda row: complex(row["re"], row["im"])),
    )  # fmt: skip


GROUPS = {
    "Fading": fast_fading,
    "Tapped delay lines, TR 38.901": tapped_delay_lines,
    "Antenna arrays": arrays,
    "Intelligent surfaces": surfaces,
}
