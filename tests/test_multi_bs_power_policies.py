"""Baselines of isac/MultiBsPower-v0: theorems, linear programmes, published rates, their order."""

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import linprog

from isac_envs import scenarios
from isac_envs.declaration.trial import Trial
from isac_envs.envs.cells.multi_bs_power.records import State

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import power_control

ID = "isac/MultiBsPower-v0"
Array = npt.NDArray[Any]
FREE: dict[str, Any] = {"weights": (1.0, 0.0), "sinr_cap_db": 100.0}


def started(copies: int, scenario: str | None = None, **changes: Any) -> Trial:
    trial = Trial(scenarios.build(ID, scenario, changes), copies)
    trial.start(np.arange(copies))
    return trial


def acted(trial: Trial, name: str) -> Array:
    return np.asarray(trial.model.baselines[name](trial, 0).act())  # type: ignore[arg-type]


def rewards(name: str, copies: int, scenario: str | None = None, **changes: Any) -> Array:
    """Return the rewards of the first slot, shape ``(n,)``."""
    trial = started(copies, scenario, **changes)
    return trial.step(acted(trial, name))


def gains_of(state: State, i: int) -> Array:
    """Return gains over noise in one band: user, transmitter."""
    return np.asarray(state.gains[i, 0][:, state.links["station"][i]])


def radars_of(trial: Trial, i: int) -> Array:
    """Return gains over noise of radars: whose, from whom."""
    links, p = trial.state.links[i], trial.model.params
    table = trial.state.leakage[i][np.ix_(links["station"], links["station"])].copy()
    echoes = links["echo"] * links["fluctuation"] * 10.0 ** (p.radar_gain_db / 10.0)
    return np.asarray(table + np.diag(echoes))


def sum_rates(gains: Array, powers: Array) -> Array:
    """Return the sum rate for each of many power vectors, shape ``(P, L)``."""
    signal = powers * np.diag(gains)
    others = powers @ gains.T - signal + 1.0
    return np.asarray(np.log2(1.0 + signal / others).sum(-1))


def test_two_links_send_all_or_nothing() -> None:
    """The theorem of binary power control, on 40 drops; and the reference finds the best."""
    trial = started(40, "pair")
    fine = np.linspace(0.0, 1.0, 41)
    grid = np.stack(np.meshgrid(fine, fine), -1).reshape(-1, 2)
    vertices = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    found, used = acted(trial, "ascent"), set()
    for i in range(40):
        gains = gains_of(trial.state, i)
        best = sum_rates(gains, vertices)
        assert best.max() >= sum_rates(gains, grid).max() - 1e-9
        powers = (found[i, :, 0] + 1.0) / 2.0
        assert sum_rates(gains, powers[None])[0] == pytest.approx(best.max(), rel=1e-9)
        used.add(int(best.argmax()))
    assert used == {0, 1, 2}


def test_wmmse_is_near_the_best_of_a_grid_without_radars() -> None:
    best, wmmse = (rewards(name, 40, **FREE).mean() for name in ("exhaustive", "wmmse"))
    assert 0.98 <= wmmse / best <= 1.0


def test_radars_cost_a_few_per_cent_of_the_sum_rate() -> None:
    free = rewards("ascent", 100, weights=(1.0, 0.0)).mean()
    trial = started(100)
    trial.step(acted(trial, "ascent"))
    metrics = trial._buffers.metrics
    assert 0.01 < 1.0 - metrics["rate"].mean() / free < 0.1
    assert metrics["radar_met"].mean() > 0.95


@pytest.mark.parametrize("levels", [False, True])
def test_nobody_is_better_than_the_reference(levels: bool) -> None:
    form = {"action": "levels"} if levels else {}
    for changes in (form, {**form, **FREE}):
        most = rewards("ascent", 30, **changes)
        for name in scenarios.build(ID, None, changes).baselines:
            gap = most - rewards(name, 30, **changes)
            assert gap.mean() >= 0.0, name
            if not levels:  # what is rounded to levels may be better by chance
                assert gap.min() > -0.02, name


def test_least_powers_just_meet_the_radars() -> None:
    trial = started(40)
    rows = acted(trial, "foschini_miljanic")
    powers = (rows[..., 0] + 1.0) / 2.0
    met = 0
    for i in range(40):
        table = radars_of(trial, i)
        echo = np.diag(table)
        ratio = echo * powers[i] / ((table - np.diag(echo)) @ powers[i] + 1.0)
        assert ratio == pytest.approx(ratio[0], rel=1e-6)
        assert ratio[0] <= 10.0 * (1.0 + 1e-6)
        if ratio[0] < 9.99:  # the largest that all can reach
            assert powers[i].max() == pytest.approx(1.0, rel=1e-6)
        else:
            met += 1
    assert met >= 30


def largest_ratio(gains: Array, table: Array, required: float) -> float:
    """Return the largest smallest ratio of the users under the radars', by linear programmes."""
    low, high, count = 1e-10, 1e3, len(gains)
    off = 1.0 - np.eye(count)
    radar = required * table * off - np.diag(np.diag(table))
    for _ in range(60):
        middle = math.sqrt(low * high)
        users = middle * gains * off - np.diag(np.diag(gains))
        rows = np.concatenate((users, radar))
        limits = np.concatenate((np.full(count, -middle), np.full(count, -required)))
        scale = np.abs(rows).max(1)
        solved = linprog(np.zeros(count), rows / scale[:, None], limits / scale, bounds=(0.0, 1.0))
        low, high = (middle, high) if solved.status == 0 else (low, middle)
    return low


def test_max_min_is_that_of_linear_programmes_and_of_a_grid() -> None:
    trial = started(12, cells=3, required_sinr_db=5.0)
    powers = (acted(trial, "maxmin")[..., 0] + 1.0) / 2.0
    whole, fine = 10.0 ** np.linspace(-4.0, 0.0, 50), np.linspace(-0.02, 0.02, 41)
    coarse = np.stack(np.meshgrid(whole, whole, whole), -1).reshape(-1, 3)
    compared = 0
    for i in range(12):
        gains, table = gains_of(trial.state, i), radars_of(trial, i)
        own, echo = np.diag(gains), np.diag(table)

        def ratios(tried: Array, matrix: Array, signal: Array) -> Array:
            received = tried * signal
            return np.asarray(received / (tried @ matrix.T - received + 1.0))

        least = ratios(powers[i : i + 1], gains, own).min()
        required = 10.0**0.5
        if ratios(powers[i : i + 1], table, echo).min() < required * (1.0 - 1e-6):
            continue  # these radars cannot be met
        capped = min(largest_ratio(gains, table, required), 1000.0)
        assert math.log2(1.0 + least) == pytest.approx(math.log2(1.0 + capped), rel=1e-4)
        near = powers[i] * 10.0 ** np.stack(np.meshgrid(fine, fine, fine), -1).reshape(-1, 3)
        for grid, within in ((coarse, 1.0), (np.minimum(near, 1.0), 0.01)):
            allowed = (ratios(grid, table, echo) >= required).all(1)
            tried = ratios(grid[allowed], gains, own).min(1).max(initial=0.0)
            best = math.log2(1.0 + min(tried, 1000.0))
            assert (1.0 - within) * math.log2(1.0 + least) <= best
            assert best <= math.log2(1.0 + least) * (1.0 + 1e-6)
        compared += 1
    assert compared >= 6


def test_late_channels_cost_rate() -> None:
    trial = started(40, **FREE)
    policies = [trial.model.baselines[n](trial, 0) for n in ("fractional", "delayed_fractional")]  # type: ignore[arg-type]
    first = [each.act() for each in policies]
    assert (first[0] == first[1]).all()  # no slot before
    total = np.zeros(2)
    for _ in range(20):
        for k, each in enumerate(policies):
            rows = each.act()
            other = Trial(trial.model, 40)
            other.take(trial.state, np.arange(40))
            total[k] += other.step(rows).mean()
        trial.step(first[0])
    assert total[1] < 0.99 * total[0]


def check_published(slots: int, share: float) -> None:
    channels = power_control.published_channels()
    chosen = np.linspace(0, len(channels) - 1, slots).astype(int)
    found = power_control.measure(channels[chosen])
    for name, rate in power_control.PUBLISHED.items():
        if name != "FP one slot late" or slots == len(channels):
            assert found[name].mean() == pytest.approx(rate, rel=share), name


def test_published_rates_on_some_of_the_published_channels() -> None:
    check_published(1250, 0.02)


@pytest.mark.slow
def test_published_rates_on_the_published_channels() -> None:
    check_published(12_500, 0.01)


@pytest.mark.slow
def test_a_published_layout_with_twenty_cells() -> None:
    """Forty links, random cells: 2.09 and 1.98 bit/s/Hz on five layouts; here on sixty."""
    for name, published in (("wmmse", 2.09), ("fractional", 1.98), ("full_power", 0.60)):
        trial = started(60, "nasir2020", cells=20, horizon=200)
        policy = trial.model.baselines[name](trial, 0)  # type: ignore[arg-type]
        mean = np.mean([trial.step(policy.act()).mean() for _ in range(100)])
        assert mean == pytest.approx(published, rel=0.06), name
