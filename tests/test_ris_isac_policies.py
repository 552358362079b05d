"""Baselines of isac/RisIsac-v0: their order, the cost of sensing, and what they may do."""

from typing import Any

import numpy as np
import pytest
from harness import bind
from ris_miso_play import trial

ID = "isac/RisIsac-v0"


def played(name: str, scenario: str | None, copies: int, slots: int, **overrides: Any) -> Any:
    """Return the mean objectives of a baseline in each copy, and its mean radar SNR in dB."""
    found = trial(copies, scenario, name=ID, **overrides)
    policy, snr = found.model.baselines[name](found), np.zeros(copies)
    total = np.zeros((copies, 3))
    for _ in range(slots):
        found.step(policy.act())
        users = found.state.users["rate"][:, :-1]
        radar_db = found.state.env["radar_db"]
        required_db = found.model.params.required_snr_db
        total[:, 0] += users.sum(1) / slots
        total[:, 2] += np.clip(required_db - radar_db, 0.0, 40.0) / slots
        snr += radar_db / slots
    return total, snr


def test_surface_and_alternation_are_worth_something() -> None:
    """Of the rate alone, in the published scenario."""
    rates = {
        label: played(policy, "liu2024", 16, 6, surface=surface)[0][:, 0].mean()
        for label, policy, surface in (
            ("alternating", "communication_only", "present"),
            ("random", "random_phases", "present"),
            ("absent", "communication_only", "absent"),
        )
    }
    assert rates["alternating"] > 1.15 * rates["random"]
    assert rates["random"] > 1.02 * rates["absent"]


def test_the_trade_of_the_published_scenario() -> None:
    """The users' streams alone reach less than 7 dB, which costs little rate with a surface."""
    alone, alone_db = played("communication_only", "liu2024", 24, 6)
    both, both_db = played("alternating", "liu2024", 24, 6)
    assert alone_db.mean() < 7.0 < both_db.mean()
    assert both[:, 2].mean() < 0.05
    assert 0.0 < 1.0 - both[:, 0].mean() / alone[:, 0].mean() < 0.1


def test_the_cost_of_the_default() -> None:
    """Sensing costs 3 to 25 % of the rate, and is then not missing."""
    both, _ = played("alternating", None, 24, 60)
    free, _ = played("alternating", None, 24, 60, weights=(1.0, 0.0, 0.0))
    alone, _ = played("communication_only", None, 24, 20)
    assert both[:, 2].mean() < 0.05
    assert 0.03 < 1.0 - both[:, 0].mean() / free[:, 0].mean() < 0.25
    assert alone[:, 2].mean() > 0.5


@pytest.mark.parametrize("scenario", ["default", "codebook", "learned"])
def test_no_baseline_beats_alternating(scenario: str) -> None:
    rewards = {}
    for name in bind(ID).baselines:
        copies = trial(16, scenario, name=ID)
        policy = copies.model.baselines[name](copies)
        rewards[name] = np.mean([copies.step(policy.act()) for _ in range(20)], 0)
    for name, each in rewards.items():
        ahead = each - rewards["alternating"]
        assert ahead.mean() <= 2 * ahead.std() / 4, name
    assert rewards["alternating_filtered"].mean() > rewards["random_phases"].mean() + 1.0


def test_shares_are_the_best() -> None:
    """For the phases of a rule, no other share earns more on what it knows."""
    copies = trial(4, name=ID, action="phases", csi_delay=0, csi_error=0.0)
    policy = copies.model.baselines["rate_first"](copies)
    action, start = policy.act(), copies.state
    kept = [array.copy() for array in start[:-1]]
    best = copies.step(action)
    for share in np.linspace(-1.0, 1.0, 41):
        for array, before in zip(start[:-1], kept, strict=True):
            array[...] = before
        action[:, -1] = share
        assert (copies.step(action) <= best + 0.02).all()


def test_a_baseline_with_increments_keeps_to_them() -> None:
    copies = trial(4, name=ID, largest_increment_deg=20.0)
    for name in ("alternating", "sensing_first", "follow"):
        action = copies.model.baselines[name](copies).act()
        assert np.abs(action).max() <= 1.0
        assert (np.abs(action[:, :-1]) == 1.0).mean() > 0.4
        before = copies.state.elements["turns"].copy()
        copies.step(action)
        moved = copies.state.elements["turns"] - before
        moved -= np.rint(moved)
        assert moved == pytest.approx(action[:, :-1] * 20.0 / 360.0, abs=1e-12)


def test_levels_of_phases_and_shares() -> None:
    copies = trial(3, name=ID, action="levels", phase_bits=2, elements=16, share_levels=5)
    for name in copies.model.baselines:
        action = copies.model.baselines[name](copies).act()
        assert action.dtype == np.int64, name
        assert (action >= 0).all() and (action <= copies.model.action.high).all(), name
