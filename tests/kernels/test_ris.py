"""Intelligent surfaces: power, phases, amplitudes, energy."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.kernels.ris import phase as ris_phase
from isac_envs.kernels.ris import response as ris
from isac_envs.kernels.ris.cascade import cascade

REFERENCE = json.loads((Path(__file__).parent / "data" / "ris_array.json").read_text())
WAVELENGTH = SPEED_OF_LIGHT_M_S / 28e9


def grid(columns: int, spacing_m: float) -> np.ndarray:
    line = (np.arange(columns) - (columns - 1) / 2.0) * spacing_m
    return np.array(np.meshgrid(line, line, indexing="ij")).reshape(2, -1)


def at_angle(distance_m: float, angle_rad: float) -> np.ndarray:
    return distance_m * np.array([math.sin(angle_rad), 0.0, math.cos(angle_rad)])


def same_bits(left: Any, right: Any) -> bool:
    return np.asarray(left).tobytes() == np.asarray(right).tobytes()


@pytest.mark.parametrize("row", REFERENCE["tang_pathloss"]["rows"])
def test_path_loss_of_focused_surfaces(row: dict[str, float]) -> None:
    """The reference has gain 8 instead of the aperture's: a known difference in dB."""
    wavelength, area, count = SPEED_OF_LIGHT_M_S / row["f"], row["dx"] ** 2, int(row["M"])
    angle_in, angle_out = math.radians(row["th1"]), math.radians(row["th2"])
    gain = ris.ris_cell_gain(row["dx"], row["dx"], wavelength)
    offset = 10.0 * math.log10(gain / row["G"])
    far = ris.ris_path_loss(
        row["d1"], row["d2"], math.cos(angle_in), math.cos(angle_out), count**2, area, row["alpha"]
    )
    assert abs(far + offset - row["PL_farfield_dB"]) < 1e-9
    cells = grid(count, row["dx"])
    source, receiver = at_angle(row["d1"], -angle_in), at_angle(row["d2"], angle_out)
    first = ris.ris_legs(source, cells, wavelength, area, row["alpha"])[:, 0]
    second = ris.ris_legs(receiver, cells, wavelength, area, row["alpha"])
    best = ris_phase.optimal_reflection(0.0, first, second[:, 0])
    channel = ris.ris_channel(source, receiver, cells, best, wavelength, area, row["alpha"])
    assert abs(-20.0 * math.log10(abs(channel[0])) + offset - row["PL_focus_exact_dB"]) < 1e-9
    assert cascade(0.0, first, best, second) == pytest.approx(channel, rel=1e-12)


def mirror_power(angle_rad: float, exponent: float) -> float:
    """Return the received power over Friis' law of the mirror path; the edges are tapered."""
    wavelength, columns = 0.01, 500
    spacing = wavelength / 2.0
    edge = np.abs(np.arange(columns) - (columns - 1) / 2.0) / (columns / 2.0)
    taper = np.where(edge < 0.5, 1.0, np.cos(np.pi * (edge - 0.5)) ** 2)
    channel = ris.ris_channel(
        at_angle(1.0, -angle_rad), at_angle(1.5, angle_rad), grid(columns, spacing),
        np.outer(taper, taper).ravel(), wavelength, spacing**2, exponent,
    )  # fmt: skip
    return float(abs(channel[0]) ** 2 * (4.0 * math.pi * 2.5 / wavelength) ** 2)


@pytest.mark.parametrize("angle_deg", [0.0, 30.0, 60.0])
def test_trap_17_a_large_surface_with_equal_phases_is_a_mirror(angle_deg: float) -> None:
    assert mirror_power(math.radians(angle_deg), 1.0) == pytest.approx(1.0, abs=2e-3)


def test_trap_17_pattern_directivity_as_gain_breaks_energy_conservation() -> None:
    """Gain 8 of cos^3 in half-wavelength cells: 4.06 dB more than a mirror reflects."""
    cell_gain = ris.ris_cell_gain(0.005, 0.005, 0.01)
    assert cell_gain == pytest.approx(math.pi, rel=1e-14)
    excess = 8.0 / cell_gain
    assert 10.0 * math.log10(excess) == pytest.approx(4.06, abs=0.005)
    measured = REFERENCE["mirror_check_Tang"][0]["ratio_to_friis"]
    assert mirror_power(0.0, 3.0) * excess == pytest.approx(measured, rel=0.04)
    zenith = (np.arange(20000) + 0.5) / 20000 * math.pi / 2.0
    mean = 0.5 * np.mean(ris.ris_pattern(np.cos(zenith), 3.0) * np.sin(zenith)) * math.pi / 2.0
    assert 1.0 / mean == pytest.approx(8.0, rel=1e-6)  # 2 (alpha + 1)


def test_trap_17_a_passive_surface_reflects_no_more_than_it_receives() -> None:
    """Power through the hemisphere of a focusing surface, against what its cells intercept."""
    wavelength, spacing = 0.01, 0.005
    cells, source = grid(12, spacing), at_angle(0.5, 0.4)
    first = ris.ris_legs(source, cells, wavelength, spacing**2)[:, 0]
    towards = ris.ris_legs(at_angle(50.0, -0.3), cells, wavelength, spacing**2)[:, 0]
    best = ris_phase.optimal_reflection(0.0, first, towards)
    cosine, azimuth = (np.arange(120) + 0.5) / 120.0, (np.arange(240) + 0.5) / 120.0 * math.pi
    sine = np.sqrt(1.0 - cosine**2)[:, None]
    points = [sine * np.cos(azimuth), sine * np.sin(azimuth), cosine[:, None] + 0.0 * azimuth]
    points = 50.0 * np.array(points).reshape(3, -1)
    channel = ris.ris_channel(source, points, cells, best, wavelength, spacing**2)
    density = np.abs(channel) ** 2 * 4.0 * math.pi / wavelength**2  # W/m^2 over W
    reflected = density.mean() * 2.0 * math.pi * 50.0**2
    assert 0.9 < reflected / np.sum(np.abs(first) ** 2) < 1.02
    with pytest.raises(ValueError, match=r"abs\(reflection\) = 1.1 is outside"):
        ris.ris_channel(source, points, cells, 1.1, wavelength, spacing**2)


def test_trap_17_cascade_is_a_plain_transpose() -> None:
    generator = np.random.default_rng(0)
    parts = generator.normal(size=(4, 9))
    h, g = parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]
    theta = np.exp(1j * generator.uniform(0.0, 6.0, 9))
    got = cascade(0.3 - 0.1j, h, theta, g[:, None])[0]
    assert got == pytest.approx(0.3 - 0.1j + g @ np.diag(theta) @ h, rel=1e-13)
    assert abs(got - (0.3 - 0.1j + g.conj() @ np.diag(theta) @ h)) > 0.1


def test_trap_17_both_hops_have_their_near_field() -> None:
    """A surface focused as if both ends were far loses power near it."""
    cells, source, receiver = grid(64, WAVELENGTH / 2.0), at_angle(2.0, -0.3), at_angle(3.0, 0.5)
    turns = (math.sin(0.5) - math.sin(0.3)) * cells[0] / WAVELENGTH
    plane = np.exp(-2j * np.pi * turns)
    arguments = (source, receiver, cells)
    area = (WAVELENGTH / 2.0) ** 2
    legs = [ris.ris_legs(point, cells, WAVELENGTH, area)[:, 0] for point in (source, receiver)]
    best = ris_phase.optimal_reflection(0.0, *legs)
    near = abs(ris.ris_channel(*arguments, best, WAVELENGTH, area)[0])
    assert abs(ris.ris_channel(*arguments, plane, WAVELENGTH, area)[0]) < 0.7 * near
    far = [50.0 * 20.0 * point for point in (source, receiver)]
    legs = [ris.ris_legs(point, cells, WAVELENGTH, area)[:, 0] for point in far]
    limit = np.sum(np.abs(legs[0] * legs[1]))
    ratio = abs(ris.ris_channel(*far, cells, plane, WAVELENGTH, area)[0]) / limit
    assert ratio == pytest.approx(1.0, abs=1e-4)


def test_beam_factor_of_the_far_field() -> None:
    columns, rows, u, v = 8, 5, 0.031, -0.07
    turns = u * np.arange(columns)[:, None] + v * np.arange(rows)
    exact = abs(np.exp(2j * np.pi * turns).mean()) ** 2
    assert ris.ris_beam_factor(u, v, columns, rows) == pytest.approx(exact, rel=1e-12)
    assert ris.ris_beam_factor(0.0, 0.0, columns, rows) == 1.0


@pytest.mark.parametrize("row", [row for row in REFERENCE["cascade_optimal"] if row["h_re"]])
def test_optimal_phases(row: dict[str, Any]) -> None:
    h, g = (np.array(row[f"{leg}_re"]) + 1j * np.array(row[f"{leg}_im"]) for leg in "hg")
    direct = complex(*row["direct"])
    best = ris_phase.optimal_reflection(direct, h, g)
    assert np.abs(best) == pytest.approx(1.0, abs=1e-14)
    total = cascade(direct, h, best, g[:, None])[0]
    assert abs(total) ** 2 == pytest.approx(row["gain_opt"], rel=1e-13)
    assert abs(total) ** 2 == pytest.approx(row["gain_expected_closed"], rel=1e-13)
    assert abs(total) == pytest.approx(abs(direct) + np.sum(np.abs(g * h)), rel=1e-13)
    np.testing.assert_allclose(best, np.exp(1j * (np.angle(direct) - np.angle(g * h))), atol=1e-13)


@pytest.mark.parametrize("row", REFERENCE["cascade_rayleigh_mean"]["vals"])
def test_mean_gain_over_rayleigh_legs(row: dict[str, float]) -> None:
    n = int(row["N"])
    assert n + n * (n - 1) * math.pi**2 / 16.0 == pytest.approx(row["v"], rel=1e-13)
    draws = np.random.default_rng(n).normal(size=(4, 3000, n)) / math.sqrt(2.0)
    h, g = draws[0] + 1j * draws[1], draws[2] + 1j * draws[3]
    gains = [
        abs(cascade(0.0, a, ris_phase.optimal_reflection(0.0, a, b), b[:, None])[0]) ** 2
        for a, b in zip(h, g, strict=True)
    ]
    assert np.mean(gains) == pytest.approx(row["v"], rel=0.02)


@given(st.integers(0, 10**6), st.integers(1, 40), st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_phases_are_better(seed: int, n: int, with_direct: bool) -> None:
    generator = np.random.default_rng(seed)
    h, g = generator.normal(size=(2, n)) + 1j * generator.normal(size=(2, n))
    h[0] = 0.0
    direct = complex(*generator.normal(size=2)) if with_direct else 0.0
    best = ris_phase.optimal_reflection(direct, h, g)
    total = abs(cascade(direct, h, best, g[:, None])[0])
    other = np.exp(1j * generator.uniform(0.0, 6.3, n))
    assert abs(cascade(direct, h, other, g[:, None])[0]) <= total * (1.0 + 1e-12)
    assert np.abs(best) == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize("row", REFERENCE["ris_quantisation_loss"])
def test_quantisation_loss(row: dict[str, float]) -> None:
    factor = ris_phase.quantisation_factor(row["bits"])
    assert abs(factor - row["sinc2"]) < 1e-14
    assert 10.0 * math.log10(factor) == pytest.approx(row["dB"], abs=1e-12)
    wanted = np.random.default_rng(1).uniform(-3.0, 3.0, 400_000)
    phases = ris_phase.quantised_phase(wanted, row["bits"])
    assert np.unique(phases).tolist() == (np.arange(2 ** row["bits"]) / 2 ** row["bits"]).tolist()
    kept = abs(np.mean(np.exp(2j * np.pi * (phases - wanted)))) ** 2
    assert kept == pytest.approx(row["sinc2"], abs=4e-3)


@given(st.floats(-1e3, 1e3), st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_quantised_phase_is_near_and_stable(turns: float, bits: int) -> None:
    phase = ris_phase.quantised_phase(turns, bits)
    assert 0.0 <= phase < 1.0
    assert ris_phase.quantised_phase(phase, bits) == phase
    apart = turns - phase
    assert abs(apart - round(apart)) <= 0.5 / 2**bits + 1e-12


@pytest.mark.parametrize("row", REFERENCE["abeywickrama_beta"]["rows"])
def test_coupled_amplitude(row: dict[str, float]) -> None:
    turns = row["theta_deg"] / 360.0
    assert abs(ris_phase.coupled_amplitude(turns) - row["beta"]) < 1e-13


def test_trap_17_amplitude_follows_the_phase() -> None:
    expected = REFERENCE["abeywickrama_uniform_phase"]
    beta = ris_phase.coupled_amplitude((np.arange(100_000) + 0.5) / 100_000)
    assert beta.mean() == pytest.approx(expected["mean_beta"], abs=1e-9)
    assert beta.mean() ** 2 == pytest.approx(expected["coherent_power_factor"], abs=1e-9)
    assert np.mean(beta**2) == pytest.approx(expected["mean_beta2"], abs=1e-9)
    assert 10.0 * math.log10(beta.mean() ** 2) == pytest.approx(-5.51, abs=5e-3)
    assert ris_phase.coupled_amplitude(-0.035) == pytest.approx(0.2, abs=1e-12)
    assert ris_phase.coupled_amplitude(0.3, steepness=0.0) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("row", REFERENCE["ris_circuit"]["rows"])
def test_circuit(row: dict[str, float]) -> None:
    gamma = ris_phase.circuit_reflection(row["f"], row["C_pF"] * 1e-12, row["R"])
    assert abs(gamma - complex(row["re"], row["im"])) < 1e-13
    assert abs(gamma) <= 1.0 + 1e-14
    if row["R"] == 0.0:
        assert abs(gamma) == pytest.approx(1.0, abs=1e-14)


def test_trap_20_sums_do_not_depend_on_batch_or_thread() -> None:
    generator = np.random.default_rng(3)
    points = generator.uniform(0.5, 9.0, (3, 203))
    cells, gamma = grid(6, 0.005), np.exp(1j * generator.uniform(0.0, 6.0, 36))
    source, area = at_angle(4.0, 0.2), 2.5e-5
    for exponent in (1.0, 2.3):

        def call(some: np.ndarray, exponent: float = exponent) -> np.ndarray:
            return ris.ris_channel(source, some, cells, gamma, WAVELENGTH, area, exponent)

        batch = call(points)
        assert same_bits([call(point)[0] for point in points.T], batch)
        with ThreadPoolExecutor(2) as pool:
            parts = pool.map(call, (points[:, :101], points[:, 101:]))
        assert same_bits(np.concatenate(list(parts)), batch)
        swapped = ris.ris_channel(points[:, 0], source, cells, gamma, WAVELENGTH, area, exponent)
        assert swapped[0] == pytest.approx(batch[0], rel=1e-12)  # reciprocal


@pytest.mark.parametrize(
    "function",
    [
        ris.ris_cell_gain, ris.ris_pattern, ris.ris_path_loss, ris.ris_beam_factor,
        ris_phase.quantised_phase, ris_phase.quantisation_factor, ris_phase.coupled_amplitude,
    ],
    ids=lambda function: function.__name__,
)  # fmt: skip
def test_scalar_functions_on_their_domain(function: Any) -> None:
    generator = np.random.default_rng(5)
    columns = {
        name: generator.uniform(interval.low, min(interval.high, interval.low + 3.0), 103)
        for name, interval in function.ranges.items()
    }
    for name, interval in function.ranges.items():
        if interval.whole:
            columns[name] = np.ceil(columns[name])
    batch = function(**columns)
    assert np.isfinite(batch).all()
    rows = [{name: float(column[i]) for name, column in columns.items()} for i in range(103)]
    assert same_bits([function(**row) for row in rows], batch)
    for name, interval in function.ranges.items():
        for value in (math.nan, float(np.nextafter(interval.low, -math.inf))):
            with pytest.raises(ValueError) as caught:
                function(**(rows[0] | {name: value}))
            rule = "not a whole number in" if interval.whole else "outside"
            assert str(caught.value) == f"{name} = {value!r} is {rule} {interval}"


def test_vectors_outside_their_ranges() -> None:
    cells, point = grid(2, 0.005), [0.0, 0.0, 1.0]
    for call in (
        lambda: ris.ris_legs([0.0, 0.0, -1.0], cells, 0.01, 1e-5),
        lambda: ris.ris_legs(point, cells, 0.0, 1e-5),
        lambda: ris.ris_legs(point, cells * math.nan, 0.01, 1e-5),
        lambda: ris.ris_channel(point, point, cells, math.nan, 0.01, 1e-5),
        lambda: ris_phase.circuit_reflection(2.4e9, -1e-12),
        lambda: ris_phase.optimal_reflection(math.nan, [1.0], [1.0]),
        lambda: cascade(0.0, [1.0], [1.0, 1.0], [[1.0]]),
    ):
        with pytest.raises(ValueError, match=r"is outside|not finite|do not fit"):
            call()
