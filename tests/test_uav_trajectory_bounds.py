"""Bounds and baselines of ``isac/UavTrajectory-v0``: nothing that flies earns more."""

import math

import numpy as np
import pytest
from uav_flights import build, look_from, made, totals

from isac_envs.declaration.baseline import RandomBaseline
from isac_envs.envs.uav.uav_trajectory.baselines import (
    BASELINES,
    Bound,
    FlyHoverSense,
    KnownPlaces,
    StraightHome,
)
from isac_envs.envs.uav.uav_trajectory.bounds import (
    Cells,
    DataBound,
    Scratch,
    best_path,
    sensing_bound,
)
from isac_envs.kernels.platforms.propulsion import minimum_power_speed, rotary_wing_power


@pytest.mark.parametrize(
    "scenario", ["mission", "single_user", "single_target", "tight_battery", "urban"]
)
def test_no_policy_beats_the_bound_in_any_episode(scenario: str) -> None:
    n = 12
    highest, _ = totals(Bound, n, scenario=scenario)
    for policy in (FlyHoverSense, KnownPlaces, StraightHome, RandomBaseline):
        earned, _ = totals(policy, n, scenario=scenario)
        assert (earned <= highest * 1.0 + 1e-9).all(), policy.__name__


@pytest.mark.parametrize("scenario", ["mission", "single_user", "tight_battery", "jing2023"])
def test_the_heuristic_comes_home_and_is_above_random(scenario: str) -> None:
    flown, last = totals(FlyHoverSense, scenario=scenario)
    drawn, _ = totals(RandomBaseline, scenario=scenario)
    assert (last["landed"] == 1.0).mean() > 0.95
    assert flown.mean() > drawn.mean() + 5.0


def test_the_data_bound_exceeds_every_flight_of_a_straight_line() -> None:
    """One user: fly there in a straight line, hover, never return; the energy does not matter."""
    model = build("single_user", weights=(1.0, 0.0, 0.0), battery_j=1e6)
    p, program = model.params, DataBound(model.params)
    for place in ((1100.0, 300.0), (40.0, 900.0), (10.0, 10.0)):
        total = 0.0
        for k in range(1, p.horizon + 1):
            left = max(math.hypot(*place) - 30.0 * k, 0.0)
            rate = p.bandwidth_hz * math.log2(1.0 + p.link_snr_at_1m / (left**2 + 200.0**2))
            total += rate / p.peak_rate_bps
        highest = program.of(np.array([place]))
        assert total <= highest <= 1.08 * total + 1.0


def test_the_best_path_is_that_of_exhaustive_search() -> None:
    random = np.random.default_rng(0)
    rewards, terminal = random.uniform(0.0, 1.0, 9), -random.uniform(0.0, 2.0, 9)
    moves = np.array([(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)])
    prices = random.uniform(0.0, 0.5, 5)

    def best(cell: int, stages: int) -> float:
        found = terminal[cell]
        for (di, dj), price in zip(moves, prices, strict=True):
            i, j = cell // 3 + di, cell % 3 + dj
            if stages and 0 <= i < 3 and 0 <= j < 3:
                to = 3 * i + j
                found = max(found, rewards[to] - price + best(to, stages - 1))
        return float(found)

    path = np.empty((4, 2), np.int64)
    cells = Cells(3, 0, moves, terminal)
    value = best_path(cells, rewards, prices, Scratch(np.empty((5, 9)), np.empty(9)), path)
    assert value == pytest.approx(best(0, 4))
    walked = path[path[:, 1] >= 0]
    last = walked[-1, 0] if len(walked) else 0
    total = rewards[walked[:, 0]].sum() - prices[walked[:, 1]].sum() + terminal[last]
    assert value == pytest.approx(total)


def test_power_is_convex_above_the_speed_of_the_least_power() -> None:
    """What the energy of a stage in the bound relies on."""
    aircraft = build().params.aircraft
    speeds = np.linspace(minimum_power_speed(aircraft), 100.0, 2000)
    assert (np.diff(np.asarray(rotary_wing_power(speeds, *aircraft)), 2) > -1e-9).all()


def test_the_sensing_bound_holds_for_looks_at_the_best_places() -> None:
    batch, frame = made(1, scenario="single_target")
    target, radius, total = batch.state[2][0, 0], 200.0 / math.sqrt(2.0), 0.0
    target["x"] = target["y"] = 600.0
    for k in range(batch.model.params.most_slots):
        turn = 0.5 * math.pi * k
        look_from(batch, frame, [(600 + radius * math.cos(turn), 600 + radius * math.sin(turn))])
        total += 6.0 * frame.objectives[0, 0, 1]
    assert total == pytest.approx(sensing_bound(batch.model.params), rel=1e-3)


def test_baselines_stand_in_order() -> None:
    assert next(iter(BASELINES)) == "bound"
    assert list(BASELINES)[-1] == "random"
