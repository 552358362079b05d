"""Cross sections of clause 7.9.2 against a hand table, and the calibration of clause 7.9.6."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.pathloss.free_space import rcs_gain
from isac_envs.kernels.pathloss.tr_36777 import uma_av_los, uma_av_std_los
from isac_envs.kernels.radar import rcs

DATA = json.loads((Path(__file__).parent / "data" / "rcs.json").read_text())
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
ONE_POINT = [name for name, t in rcs.TARGETS.items() if not t.several_points]
LEVELS = (5, 25, 50, 75, 95)
zeniths, azimuths = st.floats(0.0, math.pi), st.floats(-math.pi, math.pi)


def test_every_reference_point() -> None:
    for row in DATA["values"]:
        angles = [math.radians(row[k]) for k in ("th_i", "ph_i", "th_s", "ph_s")]
        found = rcs.rcs_dbsm(NAMES[f"{row['target']}|{row['model']}"], *angles)
        assert found == pytest.approx(row["hand_dBsm"], abs=1e-9)
        assert found == pytest.approx(row["sionna_dBsm"], abs=5e-5)  # float32 there


@pytest.mark.parametrize("key", NAMES)
def test_every_parameter(key: str) -> None:
    row, target = DATA["params"][key], rcs.TARGETS[NAMES[key]]
    assert (target.k_1, target.k_2) == (row["k1"], row["k2"])
    assert (target.mean_dbsm, target.deviation_db) == (row["sigma_m_db"], row["sigma_s_db"])
    assert [target.xpr_mean_db, target.xpr_deviation_db] == row["xpr"]
    assert list(target.size_m) == row["dims"]
    assert rcs.fluctuation_db(0.0, target.deviation_db) == pytest.approx(row["mu_sigmaS_dB"])
    assert len(target.lobes) == len(row["lobes"])
    for lobe, expected in zip(target.lobes, row["lobes"], strict=True):
        assert lobe.name == expected["name"]
        assert (lobe.peak_dbsm, lobe.depth_db) == (expected["g_max"], expected["sigma_max"])
        zenith = (lobe.zenith_deg, lobe.zenith_width_deg)
        assert zenith == (expected["theta_center"], expected["theta_3db"])
        if expected["phi_center"] is None:
            assert math.isinf(lobe.azimuth_width_deg)
        else:
            azimuth = (lobe.azimuth_deg, lobe.azimuth_width_deg)
            assert azimuth == (expected["phi_center"], expected["phi_3db"])


@pytest.mark.parametrize(
    ("target", "zenith_deg", "azimuth_deg", "dbsm"),
    [
        ("uav_small", 10, 20, -12.81),
        ("human", 90, 0, -1.37),
        ("vehicle", 79.70, 90, 20.75),
        ("vehicle", 79.65, 180, 14.56),
        ("vehicle", 71.75, 0, 15.52),
        ("vehicle", 0, 0, 21.26),
        ("uav_large", 180, 0, 13.55),
        ("agv", 90, 0, 13.02),
    ],
)
def test_printed_peaks(target: str, zenith_deg: float, azimuth_deg: float, dbsm: float) -> None:
    found = rcs.rcs_dbsm(target, math.radians(zenith_deg), math.radians(azimuth_deg))
    assert found == pytest.approx(dbsm, abs=1e-12)


@pytest.mark.parametrize("name", rcs.TARGETS)
def test_scattering_points_share_the_formula(name: str) -> None:
    target = rcs.TARGETS[name]
    if not target.several_points:
        return
    found = rcs.rcs_dbsm(name, [math.pi / 2, 1.0], [0.0, 0.4])
    assert found.shape == (2, 5)
    floor = np.array([lobe.peak_dbsm - lobe.depth_db for lobe in target.lobes])
    assert (found >= floor - 1e-12).all()
    back = [lobe.name for lobe in target.lobes].index("back")
    assert found[0, back] == pytest.approx(floor[back], abs=1e-12)


@given(st.sampled_from(ONE_POINT), zeniths, azimuths, zeniths, azimuths)
@settings(max_examples=150, deadline=None)
def test_finite_reciprocal_and_bounded(name: str, a: float, b: float, c: float, d: float) -> None:
    there, back = rcs.rcs_dbsm(name, a, b, c, d), rcs.rcs_dbsm(name, c, d, a, b)
    assert there == pytest.approx(back, abs=1e-9)
    target = rcs.TARGETS[name]
    peak = max((lobe.peak_dbsm for lobe in target.lobes), default=target.mean_dbsm)
    floor = min(
        (lobe.peak_dbsm - lobe.depth_db for lobe in target.lobes), default=target.mean_dbsm - 3.0
    )
    assert floor - 1e-9 <= there <= peak + 1e-9


@given(azimuths, zeniths)
@settings(max_examples=60, deadline=None)
def test_left_is_the_mirror_of_right(azimuth: float, zenith: float) -> None:
    degrees = math.degrees(azimuth)
    if min(abs(abs(degrees) - edge) for edge in (45.0, 135.0)) < 1e-6:
        return  # the ranges are half open
    for name in ("vehicle", "uav_large", "agv"):
        left, right = (rcs.rcs_dbsm(name, zenith, sign * azimuth) for sign in (1.0, -1.0))
        assert left == pytest.approx(right, abs=1e-9)


def test_exactly_forward_is_the_floor() -> None:
    found = rcs.rcs_dbsm("vehicle", math.pi / 2, 0.0, math.pi / 2, math.pi)
    floors = [lobe.peak_dbsm - lobe.depth_db for lobe in rcs.TARGETS["vehicle"].lobes]
    assert min(abs(found - floor) for floor in floors) < 1e-9


def test_trap_12_mean_is_inside_the_peak_and_the_fluctuation_has_mean_1() -> None:
    assert rcs.rcs_dbsm("vehicle", math.radians(79.70), math.pi / 2) == pytest.approx(20.75)
    for target in rcs.TARGETS.values():
        normal = np.random.default_rng(1).normal(size=400_000)
        factor = 10.0 ** (rcs.fluctuation_db(normal, target.deviation_db) / 10.0)
        assert factor.mean() == pytest.approx(1.0, abs=0.012)
        wrong = 10.0 ** (target.deviation_db * normal / 10.0)
        bias_db = math.log(10.0) / 20.0 * target.deviation_db**2
        assert 10.0 * math.log10(wrong.mean()) == pytest.approx(bias_db, abs=0.05)
    assert math.log(10.0) / 20.0 * 3.74**2 == pytest.approx(1.6, abs=0.02)
    cut = rcs.fluctuation_db([3.0, 4.0, 40.0], 3.74)
    assert cut[0] == cut[1] == cut[2] == pytest.approx(3.0 * 3.74 - 1.610381962338176)


def test_cross_polarisation_is_normal_in_db() -> None:
    normal = np.random.default_rng(2).normal(size=100_000)
    ratio_db = 10.0 * np.log10(rcs.xpr(normal, 13.75, 7.07))
    assert ratio_db.mean() == pytest.approx(13.75, abs=0.08)
    assert ratio_db.std() == pytest.approx(7.07, abs=0.06)


@pytest.mark.parametrize("name", rcs.TARGETS)
def test_one_call_a_batch_and_two_threads_give_the_same_bits(name: str) -> None:
    draw = np.random.default_rng(4)
    angles = draw.uniform(0.0, math.pi, (4, 101))
    batch = rcs.rcs_dbsm(name, *angles)
    single = [rcs.rcs_dbsm(name, *angles[:, i].tolist()) for i in range(101)]
    assert np.array(single).tobytes() == batch.tobytes()
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda p: rcs.rcs_dbsm(name, *angles[:, p]), [slice(50), slice(50, 101)])
        assert np.concatenate(list(halves)).tobytes() == batch.tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rcs.rcs_dbsm("boat", 0.0, 0.0), "target = 'boat' is not one of uav_small"),
        (lambda: rcs.rcs_dbsm("human", 4.0, 0.0), r"zenith_rad = 4.0 is outside"),
        (lambda: rcs.rcs_dbsm("human", 1.0, math.nan), "azimuth_rad = nan"),
        (lambda: rcs.fluctuation_db(0.0, -1.0), "deviation_db = -1.0"),
    ],
)
def test_outside_the_domain(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def sites(spacing_m: float) -> np.ndarray:
    """The 19 sites of two rings around the middle one."""
    rings = [(q, r) for q in range(-2, 3) for r in range(-2, 3) if abs(q + r) <= 2]
    return spacing_m * np.array([(q + 0.5 * r, math.sqrt(0.75) * r) for q, r in rings])


def in_the_central_cell(drops: int, spacing_m: float, draw: np.random.Generator) -> np.ndarray:
    points = draw.uniform(-spacing_m, spacing_m, (8 * drops, 2))
    normals = np.array([(math.cos(a), math.sin(a)) for a in np.arange(6) * math.pi / 3])
    return points[(points @ normals.T <= 0.5 * spacing_m).all(axis=1)][:drops]


def monostatic_links(f_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Path loss and shadowing of one hop from 19 stations to small UAVs at 200 m, dB."""
    draw = np.random.default_rng(7)
    targets = in_the_central_cell(6000, 500.0, draw)
    distance = np.linalg.norm(targets[:, None] - sites(500.0), axis=-1)
    loss = uma_av_los(distance, f_hz, 200.0, 25.0)
    return loss, draw.normal(size=loss.shape) * uma_av_std_los(200.0)


def coupling_gains(f_hz: float) -> np.ndarray:
    """Coupling of the four best stations, both hops with the same shadowing, dB."""
    loss, shadowing = monostatic_links(f_hz)
    mean_m2 = 10.0 ** (rcs.TARGETS["uav_small"].mean_dbsm / 10.0)
    gains = rcs_gain(mean_m2, f_hz) - 2.0 * (loss + shadowing)
    return np.sort(gains, axis=1)[:, -4:].ravel()


@pytest.mark.parametrize("f_ghz", [6, 30])
def test_calibration_of_the_uav_target_channel(f_ghz: int) -> None:
    found = np.percentile(coupling_gains(f_ghz * 1e9), LEVELS)
    published = DATA["calibration"][str(f_ghz)]["target"]
    main = published["UMa-AV UAV/UMa-AV UAV  without_ZOA_filter"]
    np.testing.assert_allclose(found, main, atol=0.5)
    earlier = DATA["monte_carlo"]["mc"][f"{f_ghz * 1e9:.1f}"]
    np.testing.assert_allclose(found, earlier, atol=0.3)


def test_trap_11_shadowing_of_a_monostatic_path_counts_twice_in_db() -> None:
    loss, shadowing = monostatic_links(6e9)
    amplitude = 10.0 ** (-(loss + shadowing) / 20.0)
    echo_db = 20.0 * np.log10(amplitude * amplitude) + 2.0 * loss
    assert echo_db.std() == pytest.approx(2.0 * uma_av_std_los(200.0), rel=0.01)
    assert echo_db.std() > 1.4 * math.sqrt(2.0) * shadowing.std()  # two independent hops: sqrt(2)
