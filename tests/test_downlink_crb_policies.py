"""Baselines of isac/DownlinkCrb-v0: semidefinite optima, the closed form, order, the trap."""

import math

import numpy as np
import pytest
from downlink_crb_play import (
    ORACLE,
    bound_rad2,
    instance,
    metrics,
    objectives,
    ratios,
    steering,
    trial,
)

from isac_envs.kernels.precoding.illumination import illuminating_beam


def named(row):
    return f"{row['antennas']}-{row['receivers']}-{row['users']}-{row['required_db']}-{row['seed']}"


def mean_reward(copies, name, steps):
    policy = copies.model.baselines[name](copies)
    return sum(copies.step(policy.act()) for _ in range(steps)) / steps


@pytest.mark.parametrize("row", ORACLE, ids=named)
def test_the_optimum_is_that_of_semidefinite_programmes(row):
    copies = instance(row)
    copies.step(copies.model.baselines["optimum"](copies).act())
    (found,) = metrics(copies)
    assert found.root_crb_deg == pytest.approx(row["root_crb_deg"], rel=2e-3)
    assert found.least_sinr_db > row["required_db"] - 0.01
    assert found.root_crb_deg > row["root_crb_deg"] * (1 - 5e-4)  # none is better


@pytest.mark.parametrize("row", [each for each in ORACLE if not each["cancelled"]], ids=named)
def test_beams_of_rank_one_hold_what_the_programme_promises(row):
    """One beam for each user, recovered from its covariance, keeps ratios and bound."""
    copies = instance(row)
    p, (channels,) = copies.model.params, copies.state.channels
    beams = np.array(row["beams"][0]) + 1j * np.array(row["beams"][1])
    precoder = np.column_stack((beams, np.zeros(len(beams))))
    assert np.linalg.norm(precoder) == pytest.approx(1.0, abs=2e-3)
    precoder /= np.linalg.norm(precoder)
    each = ratios(p, channels, precoder)
    assert (10 * np.log10(each) > row["required_db"] - 0.1).all()
    degrees = math.degrees(math.sqrt(bound_rad2(p, 0.0, precoder)))
    assert degrees == pytest.approx(row["root_crb_deg"], rel=5e-3)


@pytest.mark.parametrize("row", [each for each in ORACLE if each["users"] == 1], ids=named)
def test_the_closed_form_is_the_semidefinite_optimum(row):
    copies = instance(row)
    (channels,) = copies.state.channels
    beam = illuminating_beam(channels[0], steering(16, 0.0), 10 ** (row["required_db"] / 10))
    degrees = math.degrees(math.sqrt(bound_rad2(copies.model.params, 0.0, beam[:, None])))
    assert degrees == pytest.approx(row["root_crb_deg"], rel=5e-3)


def test_published_numbers():
    """Of a public reproduction; its channels are other draws, hence the tolerances."""
    published = {
        (16, 20, 1, 20.0, False): 0.00072, (16, 20, 1, 36.0, False): 0.00073,
        (16, 20, 4, 10.0, False): 0.00078, (16, 20, 6, 10.0, False): 0.00078,
        (16, 20, 6, 20.0, False): 0.00079, (16, 20, 4, 10.0, True): 0.00073,
        (8, 10, 2, 10.0, True): 0.00292, (8, 10, 4, 10.0, False): 0.00316,
    }  # fmt: skip
    for row in ORACLE:
        names = ("antennas", "receivers", "users", "required_db", "cancelled")
        degrees = published.get(tuple(row[name] for name in names))
        if degrees is not None:
            assert row["root_crb_deg"] == pytest.approx(degrees, rel=0.07)


def beaten(count, seed):
    """Return how far random precoders stay below the optimum of each of some instances."""
    gaps = []
    for row in ORACLE[1:8:3]:
        copies = instance(row)
        best = copies.model.baselines["optimum"](copies).act()
        many = trial(count, "one_shot", **_sizes(row))
        for each, one in ((many.state.channels, copies.state.channels),
                          (many.state.estimated, copies.state.channels)):  # fmt: skip
            each[...] = one
        generator = np.random.default_rng(seed)
        actions = generator.uniform(-1, 1, (count, best.shape[1]))
        near = count // 2
        scales = 10.0 ** generator.uniform(-4, 0, (near, 1))
        actions[:near] = np.clip(best + scales * generator.normal(size=actions[:near].shape), -1, 1)
        most = many.step(actions).max()
        gaps.append(copies.step(best)[0] - most)
    return gaps


def _sizes(row):
    return {"users": row["users"], "required_sinr_db": row["required_db"],
            "sensing_stream": "cancelled" if row["cancelled"] else "heard"}  # fmt: skip


def test_random_precoders_never_beat_the_optimum():
    assert min(beaten(2_000, 0)) > 0.0


@pytest.mark.slow
def test_many_random_precoders_never_beat_the_optimum():
    assert min(min(beaten(20_000, seed)) for seed in range(1, 6)) > 0.0


def test_order_of_the_baselines():
    names = ("optimum", "cautious", "regularised_line_search", "structured_search", "zero_forcing",
             "maximum_ratio", "random", "sensing_only")  # fmt: skip
    rewards = {name: mean_reward(trial(48), name, 30) for name in names}
    errors = {name: rewards["optimum"] - rewards[name] for name in names[1:]}
    for each in errors.values():  # the same episodes
        assert each.mean() > 3 * each.std() / math.sqrt(48)
    ranked = sorted(names, key=lambda name: -rewards[name].mean())
    assert ranked[:4] == [
        "optimum", "cautious", "regularised_line_search", "structured_search",
    ]  # fmt: skip
    assert ranked[-2:] == ["random", "sensing_only"]


def test_full_precoders_can_do_what_structured_actions_do():
    for name in ("regularised_line_search", "maximum_ratio"):
        first = mean_reward(trial(12), name, 10)
        second = mean_reward(trial(12, precoder="full"), name, 10)
        np.testing.assert_allclose(first, second, atol=1e-4)


def test_few_receivers_are_a_trap():
    """What earns more is detected less; with enough receivers it is detected more."""
    found = {}
    for receivers in (12, 20):
        for name in ("optimum", "regularised_line_search"):
            copies = trial(10, "few_receivers", receive_antennas=receivers)
            policy = copies.model.baselines[name](copies)
            kept = []
            for _ in range(15):
                copies.step(policy.act())
                seen = metrics(copies)
                kept.append((objectives(copies)[:, 1].mean(), seen.detected.mean(),
                             seen.illumination.mean()))  # fmt: skip
            found[receivers, name] = np.mean(kept, axis=0)
    trapped, line = found[12, "optimum"], found[12, "regularised_line_search"]
    assert trapped[0] > line[0] + 0.1
    assert trapped[1] < line[1] - 0.08
    assert trapped[2] < 0.8 * line[2]
    assert found[20, "optimum"][1] > found[20, "regularised_line_search"][1]
    assert found[20, "optimum"][2] > 2.5 * trapped[2]


def test_communication_only_sends_no_sensing_stream():
    copies = trial(4)
    copies.step(copies.model.baselines["communication_only"](copies).act())
    assert (metrics(copies).sensing_share == 0.0).all()
    copies.step(copies.model.baselines["sensing_only"](copies).act())
    assert metrics(copies).sensing_share == pytest.approx(1.0)
    assert metrics(copies).illumination.min() > 0.3
