"""Physics kernels beside reference data: detection, estimation bounds, rates and ages."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import threshold_gaps
from physics_references import HAND, Comparison, Entry, Read, Row, compare, linear, load, of, rows

from isac_envs.kernels.estimation import bounds as estimation_bounds
from isac_envs.kernels.estimation.position_bounds import (
    add_information,
    position_error_bound,
    predict_information,
)
from isac_envs.kernels.estimation.resolution_bounds import two_target_bounds
from isac_envs.kernels.link import metrics as link_metrics
from isac_envs.kernels.link import modulation_tables as tables
from isac_envs.kernels.link import queueing
from isac_envs.kernels.numerics import marcum
from isac_envs.kernels.radar import detection
from isac_envs.kernels.radar import required_snr as required

FISHER = "numerical information matrix"


def detection_probabilities() -> Iterator[Comparison]:
    def entry(case: int) -> Entry:
        return (
            f"detection probability, Swerling {case}",
            "detection",
            lambda row: detection.detection_probability(
                linear(row["snr_dB"]), row["pfa"], row["N"], case
            ),
            lambda row: row["pd"][case],
        )

    threshold = ("threshold", "formula", of(detection.detection_threshold, "pfa", "N"), "T")
    table = rows("detection.json", "swerling")
    yield from compare(table, HAND, threshold, *map(entry, range(5)))
    q = of(marcum.marcum_q, "order", "a", "b")
    yield from compare(
        rows("detection.json", "marcum_q"), "series with 250 digits",
        ("Marcum Q", "detection", q, lambda row: float(row["q"])),
        ("Marcum Q down to 1e-130", "formula", q, lambda row: float(row["q"])),
    )  # fmt: skip


def required_snrs() -> Iterator[Comparison]:
    def snr_db(row: Row) -> list[float]:
        target = row["pd"], row["pfa"], row["N"]
        return [10.0 * math.log10(required.required_snr(*target, case)) for case in range(5)]

    def shnidman(row: Row) -> list[float]:
        target = row["pd"], row["pfa"], row["N"]
        return [required.shnidman_snr_db(*target, case) for case in range(5)]

    table, albersheim = rows("detection.json", "required_snr"), required.albersheim_snr_db
    search = "root search to 2e-5 dB"
    entry = ("exact, Swerling 0 to 4", "root search", snr_db, "exact_snr_dB")
    yield from compare(table, search, entry)
    yield from compare(
        table, HAND,
        ("Albersheim", "level", of(albersheim, "pd", "pfa", "N"), "albersheim"),
        ("Shnidman, Swerling 0 to 4", "level", shnidman, "shnidman"),
    )  # fmt: skip


def delay(row: Row) -> float:
    return estimation_bounds.delay_variance(linear(row["snr_re_dB"]), row["df"], row["N"], row["M"])


def doppler(row: Row) -> float:
    snr = linear(row["snr_re_dB"])
    return estimation_bounds.doppler_variance(snr, row["T_sym"], row["N"], row["M"])


def range_deviation(row: Row) -> float:
    return math.sqrt(estimation_bounds.range_variance_monostatic(delay(row)))


def velocity_deviation(row: Row) -> float:
    return math.sqrt(estimation_bounds.velocity_variance_monostatic(doppler(row), row["fc"]))


def angle(row: Row) -> float:
    return estimation_bounds.angle_variance(
        linear(row["snr_el_dB"]),
        math.radians(row["theta_deg"]),
        row["d_over_lambda"],
        row["N"],
        row["K"],
    )


def virtual_angle(row: Row) -> float:
    receive, transmit = 0.5 * np.arange(row["Nr"]), 0.5 * row["Nr"] * np.arange(row["Nt"])
    spread = estimation_bounds.virtual_spread(transmit, receive)
    theta = math.radians(row["theta_deg"])
    return estimation_bounds.angle_variance_of_spread(linear(row["snr"]), theta, spread, row["K"])


def two_delays(row: Row) -> Any:
    apart = row["sep_in_res"] / (32 * 120e3)
    # the table has amplitudes 1 and j at the first subcarrier, the function wants the middle
    second = 1j * np.exp(-2j * np.pi * 15.5 * 120e3 * apart)
    return two_target_bounds([1, second], [0, apart], [0, 0], 120e3, 8.92e-6, 32, 16)[0]


def one_target_bounds() -> Iterator[Comparison]:
    yield from compare(
        rows("crb.json", "ofdm_delay_doppler_single_target"), FISHER,
        ("delay variance", "bound", delay, "crb_tau_num"),
        ("Doppler variance", "bound", doppler, "crb_nu_num"),
        ("range deviation", "bound", range_deviation, "sigma_R_m"),
        ("velocity deviation", "bound", velocity_deviation, "sigma_v_mps"),
    )  # fmt: skip
    angles = ("angle variance, linear array", "bound", angle, "crb_rad2_num")
    yield from compare(rows("crb.json", "ula_angle"), FISHER, angles)
    table = rows("crb.json", "mimo_virtual_array_angle")
    angles = ("angle variance, virtual array", "bound", virtual_angle, "crb_num")
    yield from compare(table, FISHER, angles)


def joint_bounds() -> Iterator[Comparison]:
    table = rows("crb.json", "ofdm_two_targets_equal_doppler_quadrature")
    both = of(lambda *pair: pair, "crb_tau1", "crb_tau2")
    entry = ("delay variances of two close targets", "bound", two_delays, both)
    yield from compare(table, FISHER, entry)
    entry = ("position error bound", "bound", position, "PEB_m")
    yield from compare(rows("crb.json", "peb"), HAND, entry)
    found = np.array([each[[0, 0, 2], [0, 2, 2]] for each in linear_tracker()])
    expected = np.array(rows("crb.json", "pcrb_linear_cv_position"))
    name = "posterior bound, linear tracker"
    yield Comparison(name, "filterpy 2.0.0 (Kalman covariance)", "bound", found, expected)
    table, every = rows("crb.json", "pcrb_cv_range_azimuth"), list(range_azimuth_tracker())
    name = "posterior bound, range and azimuth"
    yield from compare(
        table, HAND,
        (f"{name}: position", "bound", lambda row: every[row["k"] - 1][0], "pos_rmse"),
        (f"{name}: velocity", "bound", lambda row: every[row["k"] - 1][1], "vel_rmse"),
    )  # fmt: skip


def position(row: Row) -> Any:
    bearing = np.inf if row["sigma_theta"] is None else row["sigma_theta"]
    return position_error_bound(row["bs"], row["target"], row["sigma_r"], bearing)


def constant_velocity(dt: float, q: float) -> tuple[np.ndarray, np.ndarray]:
    transition = np.kron([[1.0, dt], [0.0, 1.0]], np.eye(2))
    noise = q * np.kron([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]], np.eye(2))
    return transition, noise


def linear_tracker() -> Iterator[np.ndarray]:
    table = load("crb.json")["pcrb_linear_cv_position"]
    model = constant_velocity(table["dt"], table["q"])
    information, work = np.linalg.inv(np.diag(table["P0"]).astype(float)), np.empty((4, 4))
    for _ in table["rows"]:
        predict_information(information, *model, work)
        for axis in np.eye(4)[:2]:
            add_information(information, axis, table["sigma"] ** 2)
        yield np.linalg.inv(information)


def range_azimuth_tracker() -> Iterator[np.ndarray]:
    table = load("crb.json")["pcrb_cv_range_azimuth"]
    transition, noise = constant_velocity(table["dt"], table["q"])
    information, work = np.linalg.inv(np.diag(table["P0"]).astype(float)), np.empty((4, 4))
    state = np.array(table["x0"])
    for _ in range(max(row["k"] for row in table["rows"])):
        state = transition @ state
        predict_information(information, transition, noise, work)
        x, y = state[:2]
        r = math.hypot(x, y)
        add_information(information, np.array([x / r, y / r, 0, 0]), table["sigma_r"] ** 2)
        across = np.array([-y / r**2, x / r**2, 0, 0])
        add_information(information, across, table["sigma_az"] ** 2)
        yield np.sqrt(np.diag(np.linalg.inv(information)).reshape(2, 2).sum(axis=1))


def at_snr(function: Any, *columns: str) -> Read:
    """Return a function of a row of its linear SNR and of other columns."""
    return lambda row: function(linear(row["snr_dB"]), *(row[each] for each in columns))


def block_error(row: Row) -> float:
    return link_metrics.finite_block_error(linear(row["snr_dB"]), row["n"], row["R_normal_approx"])


def rician_outage(row: Row) -> float:
    snr, k_lin = linear(row["snr_dB"]), linear(row["K_dB"])
    return link_metrics.rician_outage(snr, row["rate"], k_lin)


def rates_and_outages() -> Iterator[Comparison]:
    block = at_snr(link_metrics.finite_block_rate, "n", "eps")
    yield from compare(
        rows("comm.json", "finite_blocklength"), HAND,
        ("Shannon rate", "formula", at_snr(link_metrics.shannon_rate), "C"),
        ("finite-block rate", "formula", block, "R_normal_approx"),
        ("finite-block error", "formula", block_error, "eps"),
    )  # fmt: skip
    ergodic = at_snr(link_metrics.rayleigh_ergodic_rate)
    name, table = "ergodic rate, Rayleigh", rows("comm.json", "rayleigh_ergodic_bits")
    yield from compare(table, HAND, (name, "formula", ergodic, "exact_e1"))
    yield from compare(table, "numerical quadrature", (name, "formula", ergodic, "quad"))
    nakagami = at_snr(link_metrics.nakagami_outage, "rate", "m")
    for table_name, quantity, function, column in (
        ("rician_outage", "outage, Rician and Rayleigh", rician_outage, "pout"),
        ("nakagami_outage", "outage, Nakagami", nakagami, "pout"),
        ("secrecy_outage_rayleigh", "secrecy outage, Rayleigh",
         of(link_metrics.secrecy_outage, "gb", "ge", "R"), "sop"),
    ):  # fmt: skip
        entry = (quantity, "formula", function, column)
        yield from compare(rows("comm.json", table_name), HAND, entry)


def ages() -> Iterator[Comparison]:
    for queue in ("mm1", "md1"):
        function = of(getattr(queueing, f"age_{queue}"), "rho", "mu")
        name = f"age of information, M/{queue[1].upper()}/1"
        yield from compare(
            rows("comm.json", "aoi", queue), HAND, (name, "formula", function, "closed")
        )
    entry = ("age of information, slotted", "formula", of(queueing.age_slotted, "p"), "mean_age")
    yield from compare(rows("comm.json", "aoi", "slotted"), HAND, entry)


def modulation() -> Iterator[Comparison]:
    data = load("comm.json")
    mcs = [(int(name[-1]), *row) for name, some in data["mcs"].items() for row in some]
    cqi = [(int(table), *row) for table, some in data["cqi"].items() for row in some]
    for name, reference, some, function in (
        ("MCS efficiency", "Sionna 2.2.0, four digits", mcs, tables.mcs_efficiency),
        ("CQI efficiency", "TS 38.214, four digits", cqi, tables.cqi_efficiency),
    ):
        numbers = np.array(some, dtype=float).T
        yield Comparison(name, reference, "printed", function(numbers[0], numbers[1]), numbers[4])
    name, sionna = "SNR at 10 % block errors", "Sionna 2.2.0"
    for some, reference in (
        (threshold_gaps.resolved(fitted=True), f"{sionna}, error rates of the fit"),
        (threshold_gaps.resolved(fitted=False), f"{sionna}, held-out error rates"),
    ):
        found, expected = threshold_gaps.thresholds_db(some), [each.threshold_db for each in some]
        yield Comparison(name, reference, "block errors", found, np.array(expected))
    some = [each for each in threshold_gaps.curves() if not each.fitted]
    some = [each for each in some if not np.isnan(each.interpolated_db)]
    found, expected = threshold_gaps.thresholds_db(some), [each.interpolated_db for each in some]
    reference = f"{sionna}, held out, interpolated over 1.8 dB"
    yield Comparison(name, reference, "coarse grid", found, np.array(expected))


GROUPS = {
    "Detection": detection_probabilities,
    "Required SNR": required_snrs,
    "Estimation bounds, one target": one_target_bounds,
    "Estimation bounds, joint and posterior": joint_bounds,
    "Rates and outages": rates_and_outages,
    "Age of information": ages,
    "Modulation and coding": modulation,
}
