"""Path loss at values printed in the standards or computed by hand."""

import math

import numpy as np
import pytest

from isac_envs.kernels import pathloss
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S

GHZ = 1e9


@pytest.mark.parametrize(
    ("function", "d_2d_m", "loss_db"),
    [
        ("uma_los", 100, 101.199956),
        ("uma_nlos", 100, 121.099323),
        ("uma_los", 1000, 122.945798),
        ("uma_nlos", 1000, 159.727846),
        ("umi_los", 100, 103.375989),
        ("umi_nlos", 100, 123.879649),
        ("umi_los", 1000, 124.343490),
        ("umi_nlos", 1000, 159.125020),
        ("rma_los", 100, 102.260214),
        ("rma_nlos", 100, 110.735597),
        ("rma_los", 1000, 123.521446),
        ("rma_nlos", 1000, 148.486106),
    ],
)
def test_38901_at_28_ghz(function: str, d_2d_m: float, loss_db: float) -> None:
    assert getattr(pathloss, function)(d_2d_m, 28 * GHZ) == pytest.approx(loss_db, abs=6e-7)


@pytest.mark.parametrize(
    ("function", "d_3d_m", "f_ghz", "loss_db"),
    [
        ("inh_nlos_optional", 10.0, 10.0, 84.3),
        ("inh_nlos_optional", 1.0, 1.0, 32.4),
    ],
)
def test_optional_forms_by_hand(function: str, d_3d_m: float, f_ghz: float, loss_db: float) -> None:
    assert getattr(pathloss, function)(d_3d_m, f_ghz * GHZ) == pytest.approx(loss_db, abs=1e-12)


def test_optional_forms_of_the_urban_models_by_hand() -> None:
    """Heights are equal, so that the distance between the antennas is the one on the ground."""
    uma = pathloss.uma_nlos_optional(1000.0, 10 * GHZ, h_ut_m=10.0, h_bs_m=10.0)
    umi = pathloss.umi_nlos_optional(1000.0, 10 * GHZ, h_ut_m=10.0, h_bs_m=10.0)
    assert uma == pytest.approx(32.4 + 20.0 + 90.0, abs=1e-12)
    assert umi == pytest.approx(32.4 + 20.0 + 95.7, abs=1e-12)


def test_suburban_nlos_is_the_rural_slope_without_a_maximum() -> None:
    heights = {"h_ut_m": 1.5, "h_bs_m": 35.0, "h_building_m": 10.0, "w_street_m": 10.0}
    term = pathloss.rma_nlos_term(400.0, 3.5 * GHZ, **heights)
    assert pathloss.sma_nlos(400.0, 3.5 * GHZ) == term


def test_los_probability_at_100_m() -> None:
    assert pathloss.uma_los_probability(100.0) == pytest.approx(0.347670837, abs=5e-10)
    assert pathloss.umi_los_probability(100.0) == pytest.approx(0.230984750, abs=5e-10)
    assert pathloss.rma_los_probability(100.0) == pytest.approx(0.913931185, abs=5e-10)


def test_los_probability_of_high_uma_terminals_by_hand() -> None:
    d, c = 200.0, ((22.5 - 13.0) / 10.0) ** 1.5
    low = 18.0 / d + math.exp(-d / 63.0) * (1.0 - 18.0 / d)
    high = low * (1.0 + c * 1.25 * (d / 100.0) ** 3 * math.exp(-d / 150.0))
    assert pathloss.uma_los_probability(d, 22.5) == pytest.approx(high, abs=1e-14)
    assert pathloss.uma_los_probability(d, 13.0) == pytest.approx(low, abs=1e-14)


def test_suburban_los_probability_by_hand() -> None:
    """Product of three exponentials; residential buildings (8 m) do not count above them."""
    for h_ut_m, vegetation in ((1.5, 0.0), (1.5, 0.2), (10.0, 0.1)):
        rate = -(
            math.log(0.98) * (20.0 - h_ut_m)
            + math.log(0.82) * max(8.0 - h_ut_m, 0.0)
            + math.log(1.0 - vegetation) * (15.0 - h_ut_m)
        ) / (30.0 * (35.0 - h_ut_m))
        probability = pathloss.sma_los_probability(300.0, h_ut_m, 35.0, vegetation)
        assert probability == pytest.approx(math.exp(-300.0 * rate), abs=1e-14)
    assert pathloss.sma_los_probability(10.0) == 1.0


def test_office_los_probability_at_its_joints() -> None:
    assert pathloss.inh_mixed_los_probability(1.2) == 1.0
    assert pathloss.inh_mixed_los_probability(6.5) == 0.32
    assert pathloss.inh_open_los_probability(5.0) == 1.0
    far = 0.54 * math.exp(-1.0 / 211.7)
    assert pathloss.inh_open_los_probability(50.0) == pytest.approx(far, abs=1e-15)


@pytest.mark.parametrize(
    ("d_m", "f_ghz", "loss_db"),
    [(100, 28, 101.3909), (100, 77, 110.1776), (100, 140, 115.3703), (100, 300, 121.9902)],
)
def test_free_space(d_m: float, f_ghz: float, loss_db: float) -> None:
    assert pathloss.fspl(d_m, f_ghz * GHZ) == pytest.approx(loss_db, abs=6e-5)
    assert pathloss.fspl(1.0, GHZ) == pytest.approx(32.4478, abs=5e-5)


def test_thermal_noise_density() -> None:
    assert pathloss.thermal_noise_dbm(1.0) == pytest.approx(-173.97519, abs=5e-6)
    watts = pathloss.thermal_noise(100e6, 7.0)
    dbm = pathloss.thermal_noise_dbm(100e6, 7.0)
    assert 10.0 * math.log10(watts * 1e3) == pytest.approx(dbm, abs=1e-12)


def test_oxygen_table() -> None:
    table = {52: 0, 53: 1, 54: 2.2, 57: 9.7, 60: 15, 63: 10.5, 67: 1, 68: 0, 28: 0, 90: 0}
    for f_ghz, loss_db_km in table.items():
        assert pathloss.oxygen_loss(f_ghz * GHZ) == loss_db_km
    assert pathloss.oxygen_loss(62.5 * GHZ) == pytest.approx((14.3 + 10.5) / 2.0)


def test_wall_models_by_hand() -> None:
    f = 10.0
    plywood = 0.3 * 10 ** -((2 + 0.2 * f) / 10) + 0.7 * 10 ** -((1.03 + 0.17 * f) / 10)
    loss_db = pathloss.o2i_loss(f * GHZ, 4.0, "low_a")
    assert loss_db == pytest.approx(5.0 - 10.0 * math.log10(plywood) + 2.0, abs=1e-12)
    assert pathloss.o2i_loss(3.5 * GHZ, 10.0, "legacy") == 25.0
    for wrong in ({"model": "loww"}, {"spec": "20"}, {"model": "low_a", "spec": "16.1"}):
        with pytest.raises(ValueError, match="is not one of"):
            pathloss.o2i_loss(f * GHZ, 4.0, **wrong)
    with pytest.raises(ValueError, match=r"f_hz = 28000000000.0 is outside \[5e\+08, 6e\+09\]"):
        pathloss.o2i_loss(28 * GHZ, 4.0, "legacy")


def test_shadowing_table() -> None:
    expected = {
        "uma": (4, 6, 37, 50, 50, 9, 3.5),
        "umi": (4, 7.82, 10, 13, 50, 9, 5),
        "rma": (4, 8, 37, 120, 60, 7, 4),
        "inh": (3, 8.03, 10, 6, 10, 7, 4),
        "inf_sl": (4.3, 5.7, 10, 10, 5, 7, 8),
        "inf_dl": (4.3, 7.2, 10, 10, 1, 7, 8),
        "inf_sh": (4.3, 5.9, 10, 10, 5, 7, 8),
        "inf_dh": (4.3, 4.0, 10, 10, 1, 7, 8),
    }
    for scenario, values in expected.items():
        assert pathloss.SHADOWING[scenario][:7] == values
    optional = {"uma": 7.8, "umi": 8.2, "inh": 8.29}
    for scenario, std_db in optional.items():
        assert pathloss.SHADOWING[scenario].std_nlos_optional_db == std_db


@pytest.mark.parametrize(
    ("f_ghz", "loss_db_km"),
    [
        (5.9, 0.10925),
        (28, 4.6236),
        (38, 6.8319),
        (60, 10.1185),
        (77, 11.4054),
        (140, 12.7592),
        (300, 12.3599),
    ],
)
def test_rain_of_25_mm_per_hour(f_ghz: float, loss_db_km: float) -> None:
    k, alpha = pathloss.rain_coefficients(f_ghz * GHZ)
    assert pathloss.rain_loss(25.0, k, alpha) == pytest.approx(loss_db_km, rel=1e-4)
    assert pathloss.rain_loss(0.0, k, alpha) == 0.0


def test_cloud_at_10_degrees() -> None:
    printed = {28: 0.5191, 60: 2.0959, 77: 3.1473, 140: 7.0566, 300: 14.8434}
    for f_ghz, coefficient in printed.items():
        assert pathloss.cloud_coefficient(f_ghz * GHZ) == pytest.approx(coefficient, abs=6e-5)


def test_loss_on_an_elevated_railway() -> None:
    # heights 32 m and 2.5 m: breakpoint at 2135 m for 2 GHz; both slopes by hand
    near, far = pathloss.railway_d2a_los(np.array([1000.0, 5000.0]), 2 * GHZ)
    assert near == pytest.approx(44.2 + 64.5 - 7.9588, abs=1e-4)
    assert far == pytest.approx(10.5 + 147.9588 - 35.2072 - 0.5969, abs=1e-4)
    below, above = pathloss.railway_d2a_los(np.array([2134.0, 2136.0]), 2 * GHZ)
    assert above == pytest.approx(below, abs=0.1)  # the two fits meet


def test_railway_doppler() -> None:
    """500 km/h at 28 GHz: 12 972 Hz; TS 36.101: 300 km/h at 2.7 GHz, about 750 Hz."""
    far = pathloss.railway_doppler(1e6, 0.1, 500 / 3.6, 28 * GHZ)
    assert far == pytest.approx(12972, abs=0.5)
    assert pathloss.railway_doppler(-1e6, 0.1, 500 / 3.6, 28 * GHZ) == -far
    assert pathloss.railway_doppler(0.0, 10.0, 100.0, 28 * GHZ) == 0.0
    v = 300 / 3.6
    start = pathloss.hst_doppler(0.0, v, 2.7 * GHZ)
    assert start == pytest.approx(v * 2.7 * GHZ / SPEED_OF_LIGHT_M_S * 150 / math.hypot(150, 2))
    assert start == pytest.approx(750.0, abs=1.0)


def test_high_speed_train_profile_is_periodic_and_has_no_step() -> None:
    v, f = 300 / 3.6, 2.7 * GHZ
    period = 2.0 * 300.0 / v
    t = np.linspace(0.0, period, 20001)
    shift = pathloss.hst_doppler(t, v, f)
    steepest = v * f / SPEED_OF_LIGHT_M_S * v / 2.0  # Hz/s, when the train passes the station
    assert np.abs(np.diff(shift)).max() < 1.001 * steepest * t[1]
    assert shift[0] == pytest.approx(shift[-1], abs=1e-6)
    assert pathloss.hst_doppler(period / 4.0, v, f) == pytest.approx(0.0, abs=1e-6)
    assert pathloss.hst_doppler(period * 1.3, v, f) == pytest.approx(
        pathloss.hst_doppler(period * 0.3, v, f), rel=1e-9
    )


def test_track_position_falls_from_half_the_spacing_and_starts_again() -> None:
    ahead = pathloss.track_position([0.0, 150.0, 299.0, 300.0, 750.0], 300.0)
    assert ahead.tolist() == [150.0, 0.0, -149.0, 150.0, 0.0]
    assert pathloss.track_distance(3.0, 4.0, 12.0) == 13.0
    assert pathloss.track_cosine(-3.0, 4.0) == -0.6


def test_log_distance_by_hand() -> None:
    assert pathloss.log_distance(1.0, 35.6, 22.0) == 35.6
    assert pathloss.log_distance([10.0, 1000.0], 32.6, 36.7) == pytest.approx([69.3, 142.7])
