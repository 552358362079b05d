"""Well-known mistakes in path loss code, one test each."""

import math

import numpy as np
import pytest

from isac_envs.kernels import pathloss
from isac_envs.kernels.constants import BOLTZMANN_J_K, SPEED_OF_LIGHT_M_S

F = 28e9


def test_trap_03_two_path_losses_are_not_the_radar_equation() -> None:
    """The legs need the gain 4 pi sigma / lambda^2 of the target between them."""
    d_1, d_2, rcs = 120.0, 75.0, 3.2
    wavelength = SPEED_OF_LIGHT_M_S / F
    equation = (4.0 * math.pi) ** 3 * d_1**2 * d_2**2 / (wavelength**2 * rcs)
    legs = pathloss.fspl(d_1, F) + pathloss.fspl(d_2, F)
    gain = pathloss.rcs_gain(rcs, F)
    assert gain == pytest.approx(10 * math.log10(4 * math.pi * rcs / wavelength**2), abs=1e-12)
    assert pathloss.radar_loss(d_1, d_2, F, rcs) == pytest.approx(legs - gain, abs=1e-12)
    assert 10.0 * math.log10(equation) == pytest.approx(legs - gain, abs=1e-12)
    power = pathloss.radar_received_power(10.0, 100.0, 50.0, F, rcs, d_1, d_2, loss_lin=2.0)
    assert power == pytest.approx(10.0 * 100.0 * 50.0 / 2.0 / equation, rel=1e-14)


def test_trap_03_monostatic_is_bistatic_with_equal_legs() -> None:
    loss = pathloss.radar_loss(100.0, 100.0, F, 1.0)
    assert pathloss.radar_loss(200.0, 200.0, F, 1.0) - loss == pytest.approx(40 * math.log10(2))
    assert pathloss.radar_loss(200.0, 100.0, F, 1.0) - loss == pytest.approx(20 * math.log10(2))


def test_trap_04_noise_bandwidth_is_that_of_the_compared_sample() -> None:
    """N subcarriers of width B / N hold the noise of B: nothing is gained or lost twice."""
    bandwidth, subcarriers = 120e3 * 3168, 3168
    whole = pathloss.thermal_noise(bandwidth, 5.0)
    element = pathloss.thermal_noise(bandwidth / subcarriers, 5.0)
    assert whole == pytest.approx(subcarriers * element, rel=1e-14)
    assert whole == pytest.approx(BOLTZMANN_J_K * 290.0 * bandwidth * 10**0.5, rel=1e-14)
    assert pathloss.thermal_noise_dbm(bandwidth, 5.0) == pytest.approx(
        10.0 * math.log10(whole * 1e3), abs=1e-12
    )


def test_trap_06_elevation_is_in_degrees() -> None:
    assert pathloss.al_hourani_los_probability(45.0) == pytest.approx(0.9676918999472423)
    assert pathloss.al_hourani_los_probability(math.pi / 4.0) < 0.03
    assert pathloss.al_hourani_los_probability(0.0, "suburban") == pytest.approx(
        0.0245175, abs=1e-7
    )
    with pytest.raises(ValueError, match=r"elevation_deg = 91.0 is outside \[0, 90\] deg"):
        pathloss.al_hourani_los_probability(91.0)
    with pytest.raises(ValueError, match="'rural' is not one of"):
        pathloss.al_hourani_los_probability(45.0, "rural")


def test_trap_14_mean_of_losses_is_not_the_loss_of_the_mean_power() -> None:
    arguments = (1000.0, 2e9, 20.0, "urban")
    p = pathloss.al_hourani_los_probability(20.0)
    fspl = pathloss.fspl(1000.0, 2e9)
    of_db = pathloss.al_hourani_loss(*arguments)
    of_power = pathloss.al_hourani_loss(*arguments, average="power")
    assert of_db == pytest.approx(fspl + p * 1.0 + (1.0 - p) * 20.0, abs=1e-12)
    power = p * 10**-0.1 + (1.0 - p) * 10**-2.0
    assert of_power == pytest.approx(fspl - 10.0 * math.log10(power), abs=1e-12)
    assert of_db - of_power > 5.0
    with pytest.raises(ValueError, match="average = 'linear' is not one of"):
        pathloss.al_hourani_loss(*arguments, average="linear")


def test_trap_07_carrier_is_in_hz() -> None:
    """28 GHz given as 28 is refused, not computed 180 dB off."""
    for function in (pathloss.uma_los, pathloss.rma_nlos, pathloss.inh_los, pathloss.fspl):
        with pytest.raises(ValueError, match=r"f_hz = 28.0 is outside"):
            function(100.0, 28.0)


def test_trap_07_slopes_are_of_the_distance_between_the_antennas() -> None:
    d_3d = math.hypot(20.0, 23.5)
    by_hand = 28.0 + 22.0 * math.log10(d_3d) + 20.0 * math.log10(28.0)
    assert pathloss.uma_los(20.0, F) == pytest.approx(by_hand, abs=1e-12)


def test_trap_07_breakpoint_is_a_distance_on_the_ground() -> None:
    """Just before it on the ground, the distance between the antennas is already larger."""
    f_hz = 1e9
    d_bp = pathloss.rma_breakpoint_distance(f_hz, 150.0, 1.0)
    d_2d = d_bp - 1.0
    d_3d = math.hypot(d_2d, 149.0)
    assert d_2d < d_bp < d_3d
    h, lg_d = 5.0, math.log10(d_3d)
    near = 20.0 * math.log10(40.0 * math.pi * d_3d / 3.0) + 0.03 * h**1.72 * lg_d
    near += -0.044 * h**1.72 + 0.002 * math.log10(h) * d_3d
    assert pathloss.rma_los(d_2d, f_hz, 1.0, 150.0) == pytest.approx(near, abs=1e-11)


def test_trap_08_nlos_takes_the_maximum_with_los() -> None:
    """Near a UMa station and far in RMa, PL' alone is below LOS."""
    assert pathloss.inh_nlos(1.0, 3.5e9) == pathloss.inh_los(1.0, 3.5e9)
    term = 17.30 + 24.9 * math.log10(3.5)
    assert term < pathloss.inh_nlos(1.0, 3.5e9)
    assert pathloss.rma_nlos_term(10.0, 5e9) < pathloss.rma_los(10.0, 5e9)
    assert pathloss.rma_nlos(10.0, 5e9) == pathloss.rma_los(10.0, 5e9)


def test_trap_08_dense_low_factory_takes_three() -> None:
    d = np.array([1.0, 10.0, 300.0])
    own = 18.6 + 20.0 * math.log10(3.5) + 35.7 * np.log10(d)
    loss = pathloss.inf_dl_nlos(d, 3.5e9)
    assert loss[0] == pathloss.inf_sl_nlos(1.0, 3.5e9) > pathloss.inf_los(1.0, 3.5e9)
    assert loss[2] == pytest.approx(own[2], abs=1e-12)
    assert (loss >= own - 1e-12).all()


def test_trap_08_aerial_urban_macro_takes_none() -> None:
    """At 100 m height and 5 m on the ground its NLOS slope is the smaller one of the formula."""
    d_3d = math.hypot(5.0, 75.0)
    slope = 46.0 - 7.0 * 2.0
    by_hand = -17.5 + slope * math.log10(d_3d) + 20.0 * math.log10(40.0 * math.pi * 2.0 / 3.0)
    assert pathloss.uma_av_nlos(5.0, 2e9, 100.0) == pytest.approx(by_hand, abs=1e-12)
    below = pathloss.uma_av_nlos(0.0, 2e9, 26.0) < pathloss.uma_av_los(0.0, 2e9, 26.0)
    assert below
    with pytest.raises(ValueError, match=r"h_ut_m = 101.0 is outside \(22.5, 100\] m"):
        pathloss.uma_av_nlos(500.0, 2e9, 101.0)


def test_trap_09_effective_height_is_random_only_for_high_uma_terminals() -> None:
    uniform = (np.arange(40000) + 0.5) / 40000
    for h_ut_m in (1.5, 7.5, 12.99):
        assert (pathloss.uma_effective_height(uniform, 300.0, h_ut_m) == 1.0).all()
    h_ut_m, d = 22.5, 300.0
    heights = pathloss.uma_effective_height(uniform, d, h_ut_m)
    c = 0.95**1.5 * 1.25 * 3.0**3 * math.exp(-2.0)
    assert np.mean(heights == 1.0) == pytest.approx(1.0 / (1.0 + c), abs=1e-4)
    assert set(heights) == {1.0, 12.0, 15.0, 18.0, 21.0}
    for each in (12.0, 15.0, 18.0, 21.0):
        assert np.mean(heights == each) == pytest.approx(c / (1.0 + c) / 4.0, abs=1e-4)
    assert (pathloss.uma_effective_height(uniform, 18.0, h_ut_m) == 1.0).all()
    assert set(pathloss.uma_effective_height(uniform, d, 13.2)) == {1.0, 12.0}


def test_trap_09_effective_height_moves_the_breakpoint_of_uma() -> None:
    assert pathloss.breakpoint_distance(3.5e9, 25.0, 22.5, 21.0) == pytest.approx(
        4.0 * 4.0 * 1.5 * 3.5e9 / SPEED_OF_LIGHT_M_S
    )
    d = 1000.0
    low = pathloss.uma_los(d, 3.5e9, h_ut_m=22.5)
    high = pathloss.uma_los(d, 3.5e9, h_ut_m=22.5, h_e_m=21.0)
    assert high > low + 3.0


def test_trap_09_sensing_target_has_the_breakpoint_of_a_low_terminal() -> None:
    """Clause 7.9: the breakpoint is taken at 1.5 m, whatever the height of the target."""
    d_bp = pathloss.breakpoint_distance(6e9, 25.0, 1.5)
    target = pathloss.uma_los_at_breakpoint(3000.0, 6e9, d_bp, h_ut_m=20.0)
    rise = 5.0
    by_hand = 28.0 + 40.0 * math.log10(math.hypot(3000.0, rise)) + 20.0 * math.log10(6.0)
    by_hand -= 9.0 * math.log10(d_bp**2 + rise**2)
    assert target == pytest.approx(by_hand, abs=1e-12)
    assert target > pathloss.uma_los(3000.0, 6e9, h_ut_m=20.0) + 5.0


@pytest.mark.parametrize(("case", "mean_db", "std_db"), [(2, 9.0, 4.5), (3, 5.0, 4.0)])
def test_trap_13_blockage_mean_and_deviation_are_of_the_loss_itself(
    case: int, mean_db: float, std_db: float
) -> None:
    """Moments over the normal variate, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    loss = pathloss.v2x_nlosv_loss(nodes, 100.0, case)
    mean = weights @ loss
    assert mean == pytest.approx(mean_db, rel=1e-10)
    assert math.sqrt(weights @ (loss - mean) ** 2) == pytest.approx(std_db, rel=1e-10)
    assert (loss > 0.0).all()
    far = weights @ pathloss.v2x_nlosv_loss(nodes, 600.0, case)
    assert far == pytest.approx(mean_db + 15.0 * math.log10(600.0) - 41.0, rel=1e-10)
    normal = pathloss.v2x_nlosv_loss_normal([-10.0, 0.0, 1.0], 100.0, case)
    assert normal.tolist() == [0.0, mean_db, mean_db + std_db]


def test_trap_13_no_loss_over_a_low_blocker() -> None:
    assert pathloss.v2x_blockage_case(1.7, 2.0, 1.6) == 1.0
    assert pathloss.v2x_blockage_case(1.5, 1.4, 1.6) == 2.0
    assert pathloss.v2x_blockage_case(1.5, 2.0, 1.6) == 3.0
    assert pathloss.v2x_nlosv_loss(2.0, 100.0, 1) == 0.0
    assert pathloss.v2x_nlosv_loss_normal(2.0, 100.0, 1) == 0.0
