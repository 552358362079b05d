"""What clusters and schedulers of isac/BeamClusterRbg-v0 achieve: known results and orders."""

from fractions import Fraction

import numpy as np
import pytest
from beam_cluster_play import mean_of, started, step

NOMINAL = {"clustering": "k_means", "beam_width": "nominal"}


def harmonic(count):
    return float(sum(Fraction(1, k) for k in range(1, count + 1)))


def lost(drops, error_m, **overrides):
    batch, _ = started(drops, location_errors_m=(2.0, error_m), **overrides)
    return batch.state.env["outage"].copy()


@pytest.mark.parametrize("users", [2, 5, 8])
def test_proportional_fair_gains_the_harmonic_number_under_rayleigh_fading(users):
    gains = {}
    for name in ("proportional_fair", "round_robin"):
        batch, frame = started(60, "full_buffer", users=users)
        policy = batch.model.baselines[name](batch)
        gains[name] = mean_of(batch, frame, policy, 400, "fading_gain", "carried_mbit_s")
    assert gains["round_robin"][0] == pytest.approx(1.0, rel=0.01)
    assert gains["proportional_fair"][0] == pytest.approx(harmonic(users), rel=0.015)
    # rates are nearly proportional to powers there
    rate = gains["proportional_fair"][1] / gains["round_robin"][1]
    assert rate == pytest.approx(harmonic(users), rel=0.02)


def test_proportional_fair_gives_equal_users_the_time_of_round_robin():
    batch, frame = started(40, "full_buffer")
    policy = batch.model.baselines["proportional_fair"](batch)
    slots, groups = 500, np.zeros((40, 5))
    for _ in range(slots):
        step(batch, frame, policy.act())
        groups += batch.state.users["groups"]
    assert groups.sum() == 40 * 8 * slots
    assert groups.mean(0) / (8 * slots) == pytest.approx(np.full(5, 0.2), rel=0.01)
    assert groups / (8 * slots) == pytest.approx(np.full((40, 5), 0.2), rel=0.1)


@pytest.mark.parametrize("error_m", [20.0, 40.0])
def test_medoids_lose_no_more_than_means_and_these_less_than_k_means(error_m):
    drops = 3000
    medoids = lost(drops, error_m, clustering="uk_medoids")
    means = lost(drops, error_m, clustering="uk_means")
    plain = lost(drops, error_m, **NOMINAL)
    assert medoids.mean() <= means.mean() < 0.5 * plain.mean()


@pytest.mark.parametrize(
    ("error_m", "overrides", "share"),
    [
        (40.0, NOMINAL, 0.58),
        (20.0, NOMINAL, 0.35),
        (40.0, {"clustering": "uk_means"}, 0.10),
        (40.0, {"clustering": "uk_medoids"}, 0.09),
    ],
)
def test_lost_users_are_as_many_as_specified(error_m, overrides, share):
    """Without shadow fading, as the specification was measured; of few drops, so within 0.045."""
    found = lost(2000, error_m, shadow_std_db=0.0, **overrides).mean()
    assert found == pytest.approx(share, abs=0.045)


@pytest.mark.parametrize(
    "drops", [pytest.param(80, id="few"), pytest.param(400, id="many", marks=pytest.mark.slow)]
)
def test_medoids_carry_far_more_than_k_means_under_bad_locations(drops):
    carried = {}
    for scenario in ("bad_locations", "k_means"):
        batch, frame = started(drops, scenario)
        policy = batch.model.baselines["max_weight"](batch)
        (carried[scenario],) = mean_of(batch, frame, policy, 200, "carried_mbit_s")
    assert carried["bad_locations"] >= 1.8 * carried["k_means"]


def test_narrow_beams_have_the_larger_sum_rate_with_full_buffers():
    rates = {}
    for width in (10.0, None):
        more = {**NOMINAL, "nominal_width_deg": width} if width else {}
        batch, frame = started(100, traffic="full_buffer", **more)
        policy = batch.model.baselines["round_robin"](batch)
        (rates[width],) = mean_of(batch, frame, policy, 30, "carried_mbit_s")
    assert rates[10.0] > 1.5 * rates[None]


def test_schedulers_rank_as_they_should():
    """The known order: turns among those who wait beat blind turns, and channels help."""
    rewards = {}
    names = ("most_carried", "max_cqi", "proportional_fair", "round_robin_waiting", "round_robin",
             "random")  # fmt: skip
    for name in names:
        batch, frame = started(60)
        policy, total = batch.model.baselines[name](batch), 0.0
        for _ in range(200):
            total += step(batch, frame, policy.act()).rewards.mean()
        rewards[name] = total / 200
    assert sorted(rewards, key=lambda name: -rewards[name]) == list(names)
