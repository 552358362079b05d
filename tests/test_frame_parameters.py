"""Every parameter of isac/FramesPerCpi-v0 has an effect, and bad ones are refused by name."""

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.envs.mode_selection.frames_per_cpi import waveform
from isac_envs.errors import ScenarioError

ID = "isac/FramesPerCpi-v0"


def model(**overrides):
    return scenarios.build(ID, None, overrides)


CHANGED = {
    "weights": (1.0, 2.0, 1.0), "frame_counts": (32, 1024), "channel_stays": 0.5,
    "snr_db": (3.0, 8.0, 13.0, 28.0), "rate_bps": (1e9, 1.54e9, 2.503e9, 4.62e9),
    "queue_capacity": 41, "packet_bits": 5e5, "arrival_mean": 11.0, "cpi_s": 0.02,
    "wavelength_m": 0.004, "overhead_s": 5e-6, "residual_doppler_hz": 800.0,
    "threshold_margin_db": 0.5, "error_slope_per_db": 1.0, "preamble_snr_db": -15.0,
    "false_alarm": 1e-4, "speed_std_m_s": 20.0, "velocity_scale_m_s": 1.0, "reward_sent": 1.0,
    "reward_sensing": 2.0, "penalty_dropped": 1.0,
}  # fmt: skip


def test_every_parameter_is_tested():
    assert set(type(model().params).model_fields) == {*CHANGED, "horizon", "observation"}


@pytest.mark.parametrize("name", CHANGED)
def test_every_parameter_has_an_effect(name):
    changed, usual = model(**{name: CHANGED[name]}).transition_model(), model().transition_model()
    same = changed.reward.shape == usual.reward.shape
    assert not (
        same
        and np.allclose(changed.reward, usual.reward)
        and np.allclose(changed.transition, usual.transition)
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("frame_counts", ()), ("frame_counts", (1, 2)), ("frame_counts", (64, 32)),
        ("frame_counts", (32, 32)), ("snr_db", (3.0, 2.0, 13.0, 18.0)), ("rate_bps", (1e9,)),
        ("rate_bps", (0.0, 1e9, 2e9, 3e9)), ("channel_stays", 1.1), ("queue_capacity", 0),
        ("packet_bits", 0.0), ("arrival_mean", 0.0), ("arrival_mean", 101.0), ("cpi_s", 0.0),
        ("wavelength_m", -1.0), ("overhead_s", -1e-6), ("residual_doppler_hz", -1.0),
        ("error_slope_per_db", 0.0), ("preamble_snr_db", float("nan")), ("false_alarm", 0.0),
        ("false_alarm", 1.0), ("speed_std_m_s", 0.0), ("velocity_scale_m_s", 0.0),
        ("reward_sent", -1.0), ("penalty_dropped", -1.0), ("observation", "bits"),
        ("weights", (1.0, 1.0)), ("horizon", 0), ("residual_doppler_hz", 1.1e6),
        ("arrival_mean", 0.9e-6), ("reward_sent", 1.1e9), ("reward_sensing", 1.1e9),
        ("penalty_dropped", 1.1e9),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_by_name(name, value):
    with pytest.raises(ScenarioError, match=name):
        model(**{name: value})


EXTREMES = {
    "residual_doppler_hz": 1e6, "arrival_mean": 1e-6, "reward_sent": 1e9, "reward_sensing": 1e9,
    "penalty_dropped": 1e9,
}  # fmt: skip


@pytest.mark.parametrize("names", [*((name,) for name in EXTREMES), tuple(EXTREMES)])
def test_the_largest_parameters_give_finite_tables(names):
    mdp = model(**{name: EXTREMES[name] for name in names}).transition_model()
    for table in (mdp.transition, mdp.reward, *mdp.signals.values()):
        assert np.isfinite(table).all()


@pytest.mark.parametrize(
    ("rate_bps", "packets"),
    [(0.0, 0), (-1.0, 0), (999.9, 0), (1000.0, 1), (2999.0, 2), (1e30, 2**53), (1e308, 2**53)],
)
@pytest.mark.filterwarnings("error")
def test_whole_packets_stay_within_what_a_float_counts(rate_bps, packets):
    assert waveform.whole_packets(rate_bps, 10.0, 1e4) == packets
    assert waveform.whole_packets(np.array([rate_bps]), 10.0, 1e4).tolist() == [packets]


def test_packets_of_one_bit_are_counted():
    tables = model(packet_bits=1.0, rate_bps=(1e12, 2e12, 4e12, 1e13), cpi_s=10.0).params.derived()
    assert (tables["capacity"] >= 0).all() and (tables["capacity"] <= 1e14).all()
