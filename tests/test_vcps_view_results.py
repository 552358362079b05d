"""isac/VcpsView-v0: what agents earn, against the published numbers and the corrected ladder."""

import functools
from statistics import NormalDist

import numpy as np
import pytest

from isac_envs import scenarios
from isac_envs.core.vector_env import VectorEnv

ID = "isac/VcpsView-v0"

AUTHORS = {  # quality and profit of a random agent over 300 slots, by bandwidth in MHz
    1.0: (221.2, 181.7),
    1.5: (225.9, 188.1),
    2.0: (231.0, 198.4),
    2.5: (232.9, 200.6),
    3.0: (236.7, 205.3),
}

AUTHORS_BY_TYPES = {  # at 2 MHz, by the number of types among which views choose
    6: (251.0, 218.9),
    8: (240.1, 205.4),
    10: (231.0, 198.4),
    12: (220.7, 190.1),
    14: (215.7, 187.5),
}


def totals(name, copies, scenario=None, **overrides):
    """Return quality and profit of an episode, means over copies, shape (2,)."""
    env = VectorEnv(scenarios.build(ID, scenario, overrides), copies)
    observation, _ = env.reset(seed=100)
    policy = env.model.baselines[name](env.batch, 1)
    sums = np.zeros((copies, 2))
    for _ in range(env.model.params.horizon):
        observation, _, _, _, info = env.step(policy.predict(observation)[0])
        sums += info["objectives"]
    return sums.mean(0)


@functools.cache
def published_random(mhz):
    return totals("random", 48, "wu2022", bandwidth_hz=1e6 * mhz)


@functools.cache
def corrected(name, copies=16, **overrides):
    return totals(name, copies, **overrides)


@pytest.mark.parametrize("mhz", AUTHORS)
def test_a_random_agent_earns_what_the_authors_report(mhz):
    assert published_random(mhz) == pytest.approx(AUTHORS[mhz], rel=0.06)


@pytest.mark.parametrize("types", AUTHORS_BY_TYPES)
def test_a_random_agent_earns_what_the_authors_report_for_larger_views(types):
    found = totals("random", 48, "wu2022", required_types=types - 1)
    assert found == pytest.approx(AUTHORS_BY_TYPES[types], rel=0.06)


def test_a_random_agent_earns_more_with_more_bandwidth():
    for found in (
        [published_random(mhz) for mhz in AUTHORS],
        [corrected("random", bandwidth_hz=b) for b in (1e6, 2e6, 3e6, 6e6)],
    ):
        assert (np.diff(found, axis=0) > 0).all()


def test_the_published_model_rewards_never_sensing():
    assert (totals("never_sense", 8, "wu2022") == 300.0).all()


def test_never_sensing_earns_31_slots_in_the_corrected_model():
    # ages 0..30 s count: 0.6 (31 - 15.5) + 0.4 * 31 of quality, no cost
    assert corrected("never_sense") == pytest.approx((21.7, 31.0), rel=1e-12)
    assert (corrected("never_sense") < 0.5 * corrected("random")).all()


def test_greedy_in_the_published_model():
    assert totals("greedy", 32, "wu2022") == pytest.approx((254.9, 264.4), rel=0.03)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("random", (89.0, 120.0)),
        ("sense_everything", (151.6, 61.0)),
        ("greedy", (172.1, 216.1)),
    ],
)
def test_ladder_with_the_ages_of_cached_packets_alone_corrected(name, expected):
    """The reference prototype had other streets and rates."""
    assert corrected(name, ages="cached") == pytest.approx(expected, rel=0.25)


def test_ladder_of_the_corrected_model():
    names = ("search", "greedy", "random", "sense_everything", "never_sense")
    sums = [corrected(name, 8 if name == "search" else 16).sum() for name in names]
    assert sums == sorted(sums, reverse=True)
    assert corrected("greedy").sum() > 1.6 * corrected("random").sum()


def test_sensing_everything_is_no_way_out():
    everything, random = corrected("sense_everything"), corrected("random")
    assert everything[1] < 0.7 * random[1]


def test_views_of_more_types_are_worse():
    found = [corrected("random", required_types=count)[0] for count in (3, 6, 9, 14)]
    assert (np.diff(found) < 0).all()


def test_the_best_heuristic_leaves_room():
    best, greedy, random = (corrected(n, 8).sum() for n in ("search", "greedy", "random"))
    assert 0.5 < (greedy - random) / (best - random) < 0.9


def test_the_largest_power_reaches_the_middle_target_at_the_published_range():
    """Why 500 m is no parameter: P_max g / (N0 d^phi) is 32.5 dB there, g exceeded by 90 %."""
    p = scenarios.build(ID, "wu2022", {}).params
    gain_db = 20.0 * np.log10(NormalDist(p.fading_mean, p.fading_deviation).inv_cdf(1 - p.success))
    target_db = 0.5 * (p.target_low_db + p.target_high_db)
    loss_db = p.max_power_dbm + gain_db - p.noise_dbm - target_db
    assert 10.0 ** (0.1 * loss_db / p.path_loss_exponent) == pytest.approx(500.0, rel=0.01)
    assert p.map_m / np.sqrt(2.0) > 500.0
