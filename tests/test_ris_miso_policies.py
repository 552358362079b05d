"""Baselines of isac/RisMiso-v0: exact optima, published rates, order, and what they may do."""

import math

import numpy as np
import pytest
from harness import bind
from ris_miso_play import ID, now, random_actions, still, trial

from isac_envs.envs.surfaces.policies import filter_gain
from isac_envs.kernels.ris.rates import surface_for_rate


def test_one_user_and_one_antenna_get_the_coherent_sum() -> None:
    """Of all paths in phase, to 1e-9; with estimates of no worth, which decide nothing here."""
    copies = trial(8, "single_user")
    policy = copies.model.baselines["alternating"](copies)
    for _ in range(5):
        direct, legs = now(copies.state)
        products = np.abs(legs[:, 0] * copies.state.incident[:, :, 0]).sum(1)
        best = np.log2(1 + (np.abs(direct[:, 0, 0]) + products) ** 2)
        assert copies.step(policy.act()) == pytest.approx(best, rel=1e-9)


def test_one_user_and_a_leg_in_line_of_sight_are_exact() -> None:
    copies = trial(
        8, "single_user", antennas=4, incident_rician_db=100.0, csi_error=0.0, csi_delay=0
    )
    policy = copies.model.baselines["alternating"](copies)
    direct, legs = now(copies.state)
    sight = copies.state.incident[:, 0]
    reach = np.abs(legs[:, 0]).sum(1) * np.linalg.norm(sight, axis=1)  # of the second path
    along = np.abs((direct[:, 0] * sight.conj()).sum(1)) / np.linalg.norm(sight, axis=1)
    gain = np.square(np.abs(direct[:, 0])).sum(1) + 2 * along * reach + reach**2
    assert copies.step(policy.act()) == pytest.approx(np.log2(1 + gain), rel=1e-4)


def test_surface_and_alternation_are_worth_something() -> None:
    means = {}
    for label, surface in (("alternating", "present"), ("random_phases", "present"),
                           ("random", "absent")):  # fmt: skip
        copies = trial(24, "liu2024", surface=surface)
        policy = copies.model.baselines[label](copies)
        means[label] = sum(copies.step(policy.act()).mean() for _ in range(15)) / 15
    assert means["alternating"] > 1.15 * means["random_phases"]
    assert means["random_phases"] > 1.02 * means["random"]


@pytest.mark.parametrize(("surface", "published"), [("absent", 0.5813), ("present", 0.5880)])
def test_published_rates_of_figure_4(surface: str, published: float) -> None:
    """Mean over 100 draws, in nats; ours is over 400. Five standard errors of both."""
    copies = trial(400, "guo2020", surface=surface, action="phases")
    rates = copies.step(random_actions(copies, np.random.default_rng(0))) * math.log(2.0)
    error = rates.std() * math.sqrt(1 / 400 + 1 / 100)
    assert rates.mean() == pytest.approx(published, abs=3 * error)
    assert error < 0.03


def test_alternating_reaches_what_the_kernel_reaches() -> None:
    """Where channels are known, the policy is the optimisation of the channels of the slot."""
    copies = trial(3, "guo2020", action="phases")
    policy = copies.model.baselines["alternating"](copies)
    weights = np.array(copies.model.params.user_weights)
    direct, legs = now(copies.state)
    incident = copies.state.incident
    random = np.random.default_rng(0)
    best = [
        max(
            surface_for_rate(
                direct[i], legs[i], incident[i], weights=weights, tolerance=1e-4,
                reflection=np.exp(2j * np.pi * random.uniform(size=100)),
            )[2]
            for _ in range(4)
        )
        for i in range(3)
    ]  # fmt: skip
    assert copies.step(policy.act()) == pytest.approx(best, rel=0.06)


@pytest.mark.parametrize("scenario", ["default", "two_bit", "codebook"])
def test_no_baseline_beats_alternating(scenario: str) -> None:
    rewards = {}
    for name in bind(ID).baselines:
        copies = trial(16, scenario)
        policy = copies.model.baselines[name](copies)
        rewards[name] = np.mean([copies.step(policy.act()) for _ in range(20)], 0)
    for name, each in rewards.items():
        ahead = each - rewards["alternating"]
        assert ahead.mean() <= 2 * ahead.std() / 4, name
    assert rewards["alternating_filtered"].mean() > rewards["random_phases"].mean() + 1.0


def test_the_filter_s_gain_is_about_the_best() -> None:
    """Against the mean squared error of simulated estimates with other gains."""
    copies = trial(40, csi_error=1.0, csi_delay=0)
    table = copies.model.params.record[0]
    chosen = filter_gain(float(table.reflected_k), float(table.step_m * table.per_wavelength), 1.0)
    gains = np.array([0.5 * chosen, chosen, min(2.0 * chosen, 1.0)])
    smooth, errors = None, np.zeros(3)
    for slot in range(60):
        state = copies.state
        seen = state.estimated_reflected[None]
        smooth = seen + np.zeros((3, 1, 1, 1)) if smooth is None else smooth
        smooth = smooth + gains[:, None, None, None] * (seen - smooth)
        amplitude = state.users["reflected_amplitude"][:, :, None]
        if slot >= 20:
            errors += np.square(np.abs((smooth - now(state)[1]) / amplitude)).mean((1, 2, 3))
        copies.step(still(copies))
    assert errors.argmin() == 1
    assert errors[1] < 0.5 * 40


def test_a_learned_precoder_on_the_truth_is_better_than_one_on_estimates() -> None:
    means = {}
    for precoder in ("wmmse", "learned"):
        copies = trial(12, action="phases", precoder=precoder)
        policy = copies.model.baselines["alternating"](copies)
        means[precoder] = np.mean([copies.step(policy.act()) for _ in range(10)], 0)
    assert (means["learned"] > means["wmmse"]).all()


def test_a_baseline_with_increments_keeps_to_them() -> None:
    """A phase moves by the largest increment at most, and the shorter way round."""
    copies = trial(4, largest_increment_deg=20.0)
    for name in ("alternating", "codebook_search", "follow"):
        action = copies.model.baselines[name](copies).act()
        assert np.abs(action).max() <= 1.0
        assert (np.abs(action) == 1.0).mean() > 0.5
        before = copies.state.elements["turns"].copy()
        copies.step(action)
        moved = copies.state.elements["turns"] - before
        moved -= np.rint(moved)
        assert moved == pytest.approx(action * 20.0 / 360.0, abs=1e-12)
