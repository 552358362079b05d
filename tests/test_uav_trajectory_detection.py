"""Looks of ``isac/UavTrajectory-v0`` that may miss a target: how often, and what is left out."""

import math
from typing import Any

import numpy as np
import pytest
from uav_flights import look_from, made, totals

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.declaration.baseline import RandomBaseline
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.envs.uav.uav_trajectory.baselines import (
    Bound,
    FlyHoverSense,
    KnownPlaces,
    StraightHome,
)
from isac_envs.envs.uav.uav_trajectory.estimate import UNHEARD_M
from isac_envs.kernels.radar.elevated_ranging import elevated_range_information

N, CELLS = 4000, 144


def looked(away: float, n: int = N, looks: int = 1, **overrides: Any) -> tuple[Any, Any]:
    """Return a batch after looks from so far beside its only target, and the last frame."""
    settings = {"targets": 1, "detection": "drawn", **overrides}
    batch, frame = made(n, **settings)
    batch.state[2]["x"] = batch.state[2]["y"] = 600.0
    for _ in range(looks):
        look_from(batch, frame, np.tile([600.0 + away, 600.0], (n, 1)))
    return batch, frame


@pytest.mark.parametrize("away", [0.0, 300.0, 450.0, 600.0])
@pytest.mark.parametrize("false_alarm", [1e-6, 1e-3])
def test_looks_detect_as_often_as_the_formula_says(away: float, false_alarm: float) -> None:
    batch, _ = looked(away, false_alarm=false_alarm)
    p = batch.model.params
    distance = math.hypot(away, p.height_m)
    noise_dbm = p.noise_dbm_hz + 10.0 * math.log10(p.bandwidth_hz)
    echo = 10.0 ** (0.1 * (p.transmit_dbm + p.echo_gain_db - noise_dbm))
    snr = p.processing_gain * echo / distance**4
    factor = CELLS * (false_alarm ** (-1.0 / CELLS) - 1.0)
    expected = (1.0 + factor / (CELLS * (1.0 + snr))) ** -CELLS
    found = (batch.state[2]["ranges"][:, 0, 0] < UNHEARD_M).mean()
    assert found == pytest.approx(expected, abs=4.0 * math.sqrt(0.25 / N))


def test_only_detected_looks_inform() -> None:
    away, looks = 400.0, 4
    batch, frame = looked(away, 500, looks)
    t, p = batch.state[2][:, 0], batch.model.params
    count = (t["ranges"][:, :looks] < UNHEARD_M).sum(1)
    assert len(set(count)) == looks + 1
    prior = 1.0 / p.prior_std_m**2
    each, _, across = elevated_range_information(away, 0.0, p.height_m, p.range_variance_at_1m)
    assert t["true_xx"] == pytest.approx(prior + count * each)
    assert t["true_yy"] == pytest.approx(prior + 0.0 * count, abs=1e-15) and across == 0.0
    assert t["info_xx"][count == 0] == pytest.approx(prior)
    never = count == 0
    assert (frame.objectives[never, 0, 1] == 0.0).all()
    guess = t["prior_bx"][never] / t["prior_xx"][never], t["prior_by"][never] / t["prior_yy"][never]
    np.testing.assert_allclose(t["mean_x"][never], guess[0], rtol=1e-9)
    np.testing.assert_allclose(t["mean_y"][never], guess[1], rtol=1e-9)


def test_missed_looks_leave_the_window_without_a_trace() -> None:
    """Twelve looks: the prior absorbs those that were detected and no others."""
    batch, _ = looked(420.0, 300, 12)
    full, _ = looked(420.0, 300, 12, detection="certain")
    t, other = batch.state[2][:, 0], full.state[2][:, 0]
    assert np.isfinite(t["prior_bx"]).all() and np.isfinite(t["mean_x"]).all()
    absorbed, all_ = t["prior_xx"] - 1 / 3600.0, other["prior_xx"] - 1 / 3600.0
    share = absorbed.mean() / all_.mean()
    heard = (t["ranges"] < UNHEARD_M).mean()
    assert share == pytest.approx(heard, abs=0.08)
    assert 0.2 < heard < 0.8


def test_strong_echoes_leave_nothing_to_chance() -> None:
    """The streams differ by a draw, the law does not."""
    strong, _ = looked(100.0, 50, detection="drawn", echo_gain_db=20.0, variance_factor_m2=1e9)
    assert (strong.state[2]["ranges"][:, 0, 0] < UNHEARD_M).all()


@pytest.mark.parametrize("policy", [FlyHoverSense, KnownPlaces, StraightHome, RandomBaseline])
def test_the_bound_stays_above_all(policy: Any) -> None:
    highest, _ = totals(Bound, 12, scenario="faint")
    earned, _ = totals(policy, 12, scenario="faint")
    assert (earned <= highest + 1e-9).all()


def test_a_rule_looks_again_at_what_it_missed() -> None:
    drawn, last = totals(FlyHoverSense, 48, scenario="faint")
    certain, _ = totals(FlyHoverSense, 48, scenario="faint", detection="certain")
    blind, _ = totals(StraightHome, 48, scenario="faint")
    assert (last["landed"] == 1.0).mean() > 0.9
    assert certain.mean() > drawn.mean() > blind.mean() + 10.0


def test_several_uavs_miss_independently() -> None:
    model = scenarios.build("isac/UavTrajectoryMulti-v0", "faint", {"uavs": 2, "targets": 1})
    n = 2000
    batch, frame = Batch(model, n), StepBuffers.allocate(model, n)
    batch.reset(frame, range(n))
    batch.state.targets["x"] = batch.state.targets["y"] = 600.0
    batch.state.uavs["x"], batch.state.uavs["y"] = 600.0, 900.0
    actions = batch.actions()
    actions[..., 2] = 1.0
    batch.step(actions, frame)
    heard = batch.state.targets["ranges"][:, 0, :2] < UNHEARD_M
    each = heard.mean()
    assert 0.1 < each < 0.9
    assert heard.all(1).mean() == pytest.approx(each * each, abs=0.04)
