"""Bad parameters of isac/HsrDualBeam-v0 are refused by name; extreme ones give finite numbers."""

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import ScenarioError
from isac_envs.testing import check_model

ID = "isac/HsrDualBeam-v0"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("separations_deg", ()), ("separations_deg", (4.0, 2.0)), ("separations_deg", (2.0, 2.0)),
        ("separations_deg", (-1.0, 2.0)), ("separations_deg", (2.0, 91.0)),
        ("separations_deg", (0.0,)), ("separations_deg", tuple(np.arange(1.0, 90.0, 0.2))),
        ("radar_widths_deg", ()), ("radar_widths_deg", (5.0, 3.0)),
        ("radar_widths_deg", (0.0, 3.0)), ("radar_widths_deg", (3.0, 61.0)),
        ("communication_widths_deg", (5.0, 5.0)), ("communication_widths_deg", (-3.0,)),
        ("communication_widths_deg", (120.0,)), ("speed_m_s", 0.0), ("speed_m_s", -1.0),
        ("slot_s", 0.0), ("cell_m", 0.0), ("cell_m", 50_000.0), ("mast_distance_m", 0.0),
        ("position_std_m", -1.0), ("carrier_hz", 0.0), ("path_loss_exponent", 0.5),
        ("communication_power_dbm", -1.0), ("radar_power_dbm", -1.0),
        ("train_antenna_gain_db", -1.0), ("bandwidth_hz", 0.0), ("noise_figure_db", -1.0),
        ("radar_bandwidth_hz", 0.0), ("processing_gain_db", -1.0), ("target_rcs_dbsm", 61.0),
        ("train_rcs_dbsm", 61.0), ("isolation_db", -1.0), ("false_alarm", 0.0),
        ("false_alarm", 1.0), ("look_ahead_near_m", -1.0), ("look_ahead_far_m", 10.0),
        ("look_ahead_points", 0), ("communication_weight", -0.1), ("communication_weight", 1.1),
        ("reference_rate_bps", 0.0), ("switching_cost", -0.1), ("outage_sinr_db", float("nan")),
        ("history_slots", 0), ("horizon", 0), ("weights", (1.0, 1.0)), ("action", "bits"),
        ("low_band_carrier_hz", 7e9), ("low_band_power_dbm", -1.0),
        ("low_band_bandwidth_hz", 0.0), ("low_band_path_loss_exponent", 7.0),
        ("shadow_std_db", -1.0), ("shadow_correlation_m", 0.0),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_by_name(name, value):
    with pytest.raises(ScenarioError, match=name):
        scenarios.build(ID, None, {name: value})


EXTREMES = [
    {"communication_power_dbm": 60.0, "radar_power_dbm": 0.0, "processing_gain_db": 0.0,
     "target_rcs_dbsm": -60.0, "train_rcs_dbsm": 60.0, "isolation_db": 0.0},
    {"communication_power_dbm": 0.0, "radar_power_dbm": 60.0, "processing_gain_db": 80.0,
     "target_rcs_dbsm": 60.0, "bandwidth_hz": 1e11, "noise_figure_db": 30.0},
    {"position_std_m": 1000.0, "mast_distance_m": 1.0, "shadow_std_db": 20.0,
     "radar_widths_deg": (0.5, 60.0), "communication_widths_deg": (0.5, 60.0),
     "separations_deg": (0.0, 90.0)},
    {"look_ahead_points": 1, "history_slots": 1, "separations_deg": (64.0,),
     "radar_widths_deg": (3.0,), "communication_widths_deg": (3.0,)},
    {"path_loss_exponent": 6.0, "false_alarm": 1e-12, "cell_m": 4.0, "switching_cost": 100.0},
]  # fmt: skip


@pytest.mark.parametrize("overrides", EXTREMES)
def test_extreme_parameters_keep_the_contract(overrides):
    check_model(scenarios.build(ID, None, overrides), steps=60)
    env = VectorEnv(ID, 3, **overrides)
    env.reset(seed=0)
    for name in env.model.baselines:
        policy = env.model.baselines[name](env.batch)
        assert np.isfinite(env.step(policy.act())[1]).all(), name


def test_a_list_of_other_length_changes_the_action():
    env = VectorEnv(ID, 2, separations_deg=(4.0, 16.0), radar_widths_deg=(3.0,))
    assert env.single_action_space.nvec.tolist() == [2, 1, 5]
    index = VectorEnv(ID, 2, separations_deg=(4.0, 16.0), radar_widths_deg=(3.0,), action="index")
    assert index.single_action_space.n == 10
