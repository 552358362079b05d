"""Steering vectors, beam gains, codebooks and patterns."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.arrays import beams, directivity, steering
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S

REFERENCE = json.loads((Path(__file__).parent / "data" / "ris_array.json").read_text())
WAVELENGTH = SPEED_OF_LIGHT_M_S / 28e9
cosine = st.floats(-1.0, 1.0)


def same_bits(left: Any, right: Any) -> bool:
    return np.asarray(left).tobytes() == np.asarray(right).tobytes()


def in_two_threads(call: Any, *arrays: np.ndarray) -> np.ndarray:
    middle = len(arrays[0]) // 2
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(call, *([each[:middle], each[middle:]] for each in arrays))
    return np.concatenate(list(parts))


@pytest.mark.parametrize("row", REFERENCE["ula_gain_matched_beam_norm_N"])
def test_gain_of_linear_arrays(row: dict[str, float]) -> None:
    look, steer = (math.sin(math.radians(row[key])) for key in ("look_deg", "steer_deg"))
    n, spacing = int(row["N"]), row["d_over_lambda"]
    assert abs(beams.ula_beam_gain(look, steer, n, spacing) - row["gain_lin"]) < 1e-13
    positions = steering.linear_positions(n, spacing)
    vectors = steering.steering(positions, math.pi / 2.0, np.arcsin([look, steer]))
    assert abs(abs(np.vdot(*vectors)) ** 2 / n - row["gain_lin"]) < 1e-13


def test_steering_convention() -> None:
    """exp(+j 2 pi p . u): the wave from +y reaches elements at +y earlier, with a later phase."""
    generator = np.random.default_rng(0)
    positions = generator.uniform(-3.0, 3.0, (3, 9))
    zenith, azimuth = generator.uniform(0.0, math.pi, 20), generator.uniform(-3.0, 3.0, 20)
    vectors = steering.steering(positions, zenith, azimuth)
    with mpmath.workdps(40):
        for vector, theta, phi in zip(vectors, zenith, azimuth, strict=True):
            u = [mpmath.sin(theta) * mpmath.cos(phi), mpmath.sin(theta) * mpmath.sin(phi)]
            u.append(mpmath.cos(theta))
            for a, p in zip(vector, positions.T, strict=True):
                turns = sum(mpmath.mpf(float(x)) * y for x, y in zip(p, u, strict=True))
                assert abs(a - complex(mpmath.expjpi(2 * turns))) < 1e-13
    pair = steering.steering(steering.linear_positions(2), math.pi / 2.0, 0.3)
    assert np.angle(pair[1] / pair[0]) == pytest.approx(math.pi * math.sin(0.3), abs=1e-14)
    unit = steering.steering(positions, 1.0, 2.0, unit_norm=True)
    assert np.linalg.norm(unit) == pytest.approx(1.0, abs=1e-14)


def test_planar_array_is_the_product_of_two_lines() -> None:
    planar = steering.planar_positions(4, 6)
    theta, phi = 1.1, -0.4
    whole = steering.steering(planar, theta, phi).reshape(4, 6)
    along_y = steering.steering(steering.linear_positions(4), theta, phi)
    along_z = steering.steering(steering.linear_positions(6, axis=2), theta, phi)
    np.testing.assert_allclose(whole, np.outer(along_y, along_z), atol=1e-14)
    assert (planar[0] == 0.0).all()
    np.testing.assert_allclose(planar.mean(axis=1), 0.0, atol=1e-15)
    assert (steering.planar_positions(4, 6, centred=False)[:, 0] == 0.0).all()


@pytest.mark.parametrize("row", REFERENCE["near_field_distances_ULA"])
def test_near_field_distances(row: dict[str, float]) -> None:
    wavelength = SPEED_OF_LIGHT_M_S / row["f"]
    fraunhofer = steering.fraunhofer_distance(row["aperture_m"], wavelength)
    assert fraunhofer == pytest.approx(row["fraunhofer_m"], rel=1e-14)
    assert fraunhofer / 10.0 == pytest.approx(row["beamdepth_limit_dF_over_10"], rel=1e-14)
    fresnel = steering.fresnel_distance(row["aperture_m"], wavelength)
    assert fresnel == pytest.approx(row["fresnel_m"], rel=1e-14)


@pytest.mark.parametrize("row", REFERENCE["near_field_mismatch_28GHz_N256"])
def test_beams_in_the_near_field(row: dict[str, float]) -> None:
    positions, r = steering.linear_positions(256), row["R"] / WAVELENGTH
    near = steering.steering(positions, math.pi / 2.0, 0.0, r)
    far = steering.steering(positions, math.pi / 2.0, 0.0)
    fresnel = np.exp(-1j * np.pi * positions[1] ** 2 / r)
    gain, focused = (abs(np.vdot(w, near)) ** 2 / 256**2 for w in (far, fresnel))
    assert gain == pytest.approx(row["gain_farfield_beam_over_N"], abs=1e-12)
    assert focused == pytest.approx(row["gain_fresnel_beam_over_N"], abs=1e-12)


def test_spherical_waves_become_plane() -> None:
    positions = steering.planar_positions(8, 8)
    plane = steering.steering(positions, 1.2, 0.7)
    near = steering.steering(positions, 1.2, 0.7, 1e9, spread=True)
    np.testing.assert_allclose(near, plane, atol=1e-7)
    point = 5.0 * np.array([math.sin(1.2) * math.cos(0.7), math.sin(1.2) * math.sin(0.7), 0.0])
    point[2] = 5.0 * math.cos(1.2)
    r = np.linalg.norm(point[:, None] - positions, axis=0)
    exact = 5.0 / r * np.exp(-2j * np.pi * (r - 5.0))
    np.testing.assert_allclose(
        steering.steering(positions, 1.2, 0.7, 5.0, spread=True), exact, atol=1e-13
    )


@pytest.mark.parametrize("row", REFERENCE["ula_hpbw"])
def test_half_power_beamwidth(row: dict[str, float]) -> None:
    width = math.degrees(beams.half_power_beamwidth(int(row["N"])))
    assert width == pytest.approx(row["hpbw_deg"], abs=1e-9)
    assert width == pytest.approx(row["approx_101p5_over_N"], rel=0.01)
    half = beams.half_power_cosine(row["N"])
    assert beams.ula_beam_gain(half, 0.0, row["N"]) == pytest.approx(row["N"] / 2.0, rel=1e-12)
    assert beams.half_power_beamwidth(int(row["N"]), steer_cosine=0.5) > math.radians(width)


@pytest.mark.parametrize("row", REFERENCE["element_38901_dBi"])
def test_element_of_38901(row: dict[str, float]) -> None:
    assert abs(beams.element_gain_38901(row["theta"], row["phi"]) - row["G"]) < 1e-13


def test_element_of_38901_has_mean_gain_below_one() -> None:
    """Not renormalised: 8 dBi at the peak although the shape's directivity is 9.83 dBi."""
    assert beams.element_gain_38901(90.0, 0.0) == 8.0
    zenith, azimuth = (np.arange(1800) + 0.5) / 10.0, (np.arange(3600) + 0.5) / 10.0 - 180.0
    gain = 10.0 ** (beams.element_gain_38901(zenith[:, None], azimuth) / 10.0)
    weights = np.sin(np.radians(zenith))
    mean = (gain.mean(axis=1) @ weights) / weights.sum()
    assert mean == pytest.approx(REFERENCE["element_38901_mean_gain_lin"], abs=1e-5)
    assert REFERENCE["element_38901_mean_gain_lin"] == beams.ELEMENT_MEAN_GAIN_LIN
    assert 8.0 - 10.0 * math.log10(mean) == pytest.approx(9.83, abs=0.01)


def test_gaussian_lobe_and_sectors() -> None:
    peak = 20.0 * math.log10(1.6162 / math.sin(math.radians(10.0)))
    assert beams.gaussian_lobe_gain(0.0, 20.0) == pytest.approx(peak, abs=1e-12)
    assert beams.gaussian_lobe_gain([-10.0, 10.0], 20.0) == pytest.approx(peak - 3.01, abs=1e-12)
    assert beams.gaussian_lobe_gain(26.0, 20.0) == pytest.approx(peak - 3.01 * 6.76, abs=1e-12)
    side = -0.4111 * math.log(20.0) - 10.579
    assert beams.gaussian_lobe_gain([26.01, 180.0], 20.0) == pytest.approx(side, abs=1e-12)
    main = beams.sectored_main_gain(math.pi / 6.0, 0.1)
    angles = (np.arange(3600) + 0.5) * math.pi / 1800.0 - math.pi
    pattern = beams.sectored_gain(angles, math.pi / 6.0, main, 0.1)
    assert pattern.mean() == pytest.approx(1.0, abs=1e-12)
    assert set(pattern) == {main, 0.1}


@pytest.mark.parametrize("oversampling", [1, 4])
def test_dft_codebook(oversampling: int) -> None:
    n = 16
    weights, turns = beams.dft_codebook(n, oversampling), beams.dft_turns(n, oversampling)
    assert weights.shape == (n * oversampling, n)
    np.testing.assert_allclose(
        weights[::oversampling] @ weights[::oversampling].conj().T, np.eye(n), atol=1e-13
    )
    positions = steering.linear_positions(n, centred=False)
    look = 0.37
    received = weights.conj() @ steering.steering(positions, math.pi / 2.0, math.asin(look))
    closed = beams.ula_beam_gain(look, 2.0 * turns, n)
    np.testing.assert_allclose(np.abs(received) ** 2, closed, atol=1e-12)
    assert closed.max() > n * (0.40 if oversampling == 1 else 0.94)


@given(cosine, cosine, st.integers(1, 1024), st.floats(0.1, 2.0))
@settings(max_examples=200, deadline=None)
def test_gain_is_bounded_and_symmetric(a: float, b: float, n: int, spacing: float) -> None:
    gain = beams.ula_beam_gain(a, b, n, spacing)
    assert 0.0 <= gain <= n * (1.0 + 1e-13)
    assert beams.ula_beam_gain(b, a, n, spacing) == gain
    assert beams.ula_beam_gain(a, a, n, spacing) == n


@given(st.floats(-1e5, 1e5), st.integers(1, 65536))
@settings(max_examples=200, deadline=None)
def test_dirichlet_gain_against_50_digits(turns: float, n: int) -> None:
    with mpmath.workdps(50):
        t = mpmath.mpf(turns)
        down = mpmath.sinpi(t)
        exact = float((mpmath.sinpi(n * t) / down) ** 2 / n) if down else float(n)
    assert beams.dirichlet_gain(turns, n) == pytest.approx(exact, abs=4e-13 * n)


@pytest.mark.parametrize("row", REFERENCE["ula_directivity_isotropic"])
def test_trap_16_directivity_is_n_only_at_half_a_wavelength(row: dict[str, float]) -> None:
    n, spacing = int(row["N"]), row["d_over_lambda"]
    closed = steering.ula_directivity(n, spacing, 0.0)
    assert closed == pytest.approx(row["broadside_directivity"], rel=1e-13)
    positions = steering.linear_positions(n, spacing)
    vector = steering.steering(positions, math.pi / 2.0, 0.4)
    general = directivity.array_directivity(positions, vector, vector)
    assert general == pytest.approx(steering.ula_directivity(n, spacing, math.sin(0.4)), rel=1e-12)
    assert (abs(closed - n) < 1e-12) == (spacing == 0.5)
    assert beams.ula_beam_gain(0.0, 0.0, n, spacing) == n


def test_trap_16_gain_is_n_and_not_its_square() -> None:
    n = 32
    vector = steering.steering(steering.linear_positions(n), math.pi / 2.0, 0.2)
    matched = vector / math.sqrt(n)
    assert abs(np.vdot(matched, vector)) ** 2 == pytest.approx(n, rel=1e-13)
    assert beams.ula_beam_gain(0.2, 0.2, n) == n


def test_trap_16_plain_transpose_in_the_channel() -> None:
    """H = a_R a_T^T: the transmit beam is conj(a_T), and a_T itself points to the mirror image."""
    n = 16
    positions = steering.linear_positions(n)
    vector = steering.steering(positions, math.pi / 2.0, 0.5)
    two_way = np.outer(vector, vector)
    right = vector.conj() @ two_way @ vector.conj() / n
    assert abs(right) ** 2 == pytest.approx(n**2, rel=1e-13)
    wrong = vector.conj() @ two_way @ vector / n
    mirrored = beams.ula_beam_gain(math.sin(0.5), -math.sin(0.5), n)
    assert abs(wrong) ** 2 == pytest.approx(n * mirrored, abs=1e-10)
    assert abs(wrong) ** 2 < 0.05 * abs(right) ** 2


def test_trap_16_beam_squint() -> None:
    n, steer = 64, 0.7
    assert beams.squinted_gain(steer, steer, n, 1.0) == n
    for ratio in (0.95, 1.05):
        assert beams.squinted_gain(steer / ratio, steer, n, ratio) == pytest.approx(n, rel=1e-12)
        assert beams.squinted_gain(steer, steer, n, ratio) < 0.3 * n
        assert beams.squinted_gain(0.0, 0.0, n, ratio) == n


def test_beam_gains_one_call_a_batch_and_two_threads_give_the_same_bits() -> None:
    generator = np.random.default_rng(1)
    looks, steers, out = (
        generator.uniform(-1, 1, 203),
        beams.dft_turns(16) * 2.0,
        np.empty((16, 203)),
    )
    beams.fill_beam_gains(looks, steers, 16.0, 0.5, out)
    assert same_bits(out, beams.ula_beam_gain(looks, steers[:, None], 16))
    single = [beams.ula_beam_gain(look, steers[3], 16) for look in looks.tolist()]
    assert same_bits(single, out[3])
    assert same_bits(in_two_threads(lambda x: beams.ula_beam_gain(x, steers[3], 16), looks), out[3])


def test_steering_one_call_a_batch_and_two_threads_give_the_same_bits() -> None:
    generator = np.random.default_rng(1)
    positions, angles = steering.planar_positions(3, 5), generator.uniform(0, 3, (2, 51))
    for r in (np.full(51, math.inf), generator.uniform(5.0, 500.0, 51)):
        batch = steering.steering(positions, angles[0], angles[1], r)
        single = [steering.steering(positions, *row) for row in zip(*angles, r, strict=True)]
        assert same_bits(single, batch)
        threads = in_two_threads(lambda *x: steering.steering(positions, *x), *angles, r)
        assert same_bits(threads, batch)


@pytest.mark.parametrize(
    "function",
    [
        beams.dirichlet_gain, beams.squinted_gain, beams.half_power_cosine, beams.sectored_gain,
        beams.element_gain_38901, beams.gaussian_lobe_gain, steering.ula_directivity,
    ],
    ids=lambda function: function.__name__,
)  # fmt: skip
def test_outside_the_domain_names_parameter_value_and_range(function: Any) -> None:
    valid = {name: 0.5 * (interval.low + min(interval.high, interval.low + 4.0))
             for name, interval in function.ranges.items()}  # fmt: skip
    valid |= {name: 3.0 for name, interval in function.ranges.items() if interval.whole}
    assert math.isfinite(function(**valid))
    for name, interval in function.ranges.items():
        for value in (math.nan, math.inf, float(np.nextafter(interval.high, np.inf))):
            with pytest.raises(ValueError) as caught:
                function(**(valid | {name: value}))
            rule = "not a whole number in" if interval.whole else "outside"
            assert str(caught.value) == f"{name} = {value!r} is {rule} {interval}"


def test_vectors_outside_their_ranges() -> None:
    positions = steering.linear_positions(4)
    for call in (
        lambda: steering.steering(positions, math.nan, 0.0),
        lambda: steering.steering(positions, 1.0, 0.0, 0.0),
        lambda: steering.steering(positions, 1.0, 0.0, [1.0, math.inf]),
        lambda: steering.linear_positions(0),
        lambda: beams.half_power_beamwidth(2, 0.5, 0.9),
        lambda: beams.dft_turns(8, 0),
    ):
        with pytest.raises(ValueError, match=r"is outside|is not a whole number in"):
            call()
