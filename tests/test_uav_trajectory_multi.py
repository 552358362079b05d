"""isac/UavTrajectoryMulti-v0: with one UAV the single environment; what several share."""

import math
from typing import Any

import numpy as np
import pytest
from uav_flights import ID as SINGLE

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.envs.uav.uav_trajectory_multi.baselines import BASELINES

ID = "isac/UavTrajectoryMulti-v0"
ALONE = {"uavs": 1, "users": 3, "targets": 2, "area_m": 1200.0}


def made(name: str, n: int, seed: int = 0, scenario: Any = None, **overrides: Any) -> Any:
    batch = Batch(scenarios.build(name, scenario, overrides), n)
    frame = StepBuffers.allocate(batch.model, n)
    batch.reset(frame, list(range(seed, seed + n)))
    return batch, frame


def totals(batch: Any, frame: Any, policy: Any) -> Any:
    """Return the sums over an episode of the weighted objectives, shape ``(n, N)``."""
    weights, total = np.array(batch.model.params.weights), 0.0
    running = np.ones(batch.n, bool)
    while running.any():
        actions = batch.actions()
        actions[...] = np.asarray(policy.act()).reshape(actions.shape)
        batch.step(actions, frame)
        total = total + running[:, None] * (frame.objectives @ weights)
        running &= ~batch.env["done"]
    return total


@pytest.mark.parametrize("action", ["continuous", "discrete"])
@pytest.mark.parametrize("battery_j", [30e3, 6e3])
def test_one_uav_flies_the_single_mission(action: str, battery_j: float) -> None:
    """The agent number is the only difference, up to the end of a flight and past it."""
    options = {"action": action, "battery_j": battery_j}
    (one, seen), (team, own) = made(SINGLE, 8, **options), made(ID, 8, **ALONE, **options)
    assert (own.observations[..., :-1] == seen.observations).all()
    random = np.random.default_rng(0)
    for _ in range(120):
        actions = one.actions()
        if action == "discrete":
            actions[...] = random.integers(0, 26, actions.shape)
        else:
            actions[...] = random.uniform(-1.0, 1.0, actions.shape)
        one.step(actions, seen, restart=True)
        team.step(actions, own, restart=True)
        assert (own.observations[..., :-1] == seen.observations).all()
        assert (own.objectives == seen.objectives).all()
        assert (own.costs[..., 0] == seen.costs[..., 0]).all()
        assert (own.ended == seen.ended).all()
        for name in (each.name for each in one.model.metrics):
            assert (own.metrics[name] == seen.metrics[name]).all(), name
    assert (own.observations[..., -1] == 1.0).all()


@pytest.mark.parametrize("name", ["bound", "known_places", "fly_hover_sense", "straight_home"])
def test_baselines_of_one_uav_are_those_of_the_single_mission(name: str) -> None:
    earned = []
    for env, options in ((SINGLE, {}), (ID, ALONE)):
        batch, frame = made(env, 6, **options)
        earned.append(totals(batch, frame, batch.model.baselines[name](batch)))
    assert earned[1] == pytest.approx(earned[0], rel=1e-12)


def fleet(n: int = 1, **overrides: Any) -> Any:
    """Return a team and its actions: all hover, none looks."""
    batch, frame = made(ID, n, **overrides)
    actions = batch.actions()
    actions[..., 2] = -1.0
    return batch, frame, actions


def test_rates_add_up_over_the_uavs() -> None:
    batch, frame, actions = fleet(users=1, uavs=2)
    users, uavs = batch.state[1], batch.state[3]
    users["x"] = users["y"] = 800.0
    uavs["x"], uavs["y"] = 800.0, (800.0, 800.0 - math.sqrt(3) * 200.0)  # 200 m and 400 m away
    batch.step(actions, frame)
    snr = batch.model.params.link_snr_at_1m
    expected = 10e6 * (math.log2(1 + snr / 200.0**2) + math.log2(1 + snr / 400.0**2))
    assert frame.metrics[0, 0].least_data_bit == pytest.approx(expected)
    best = 2 * 10e6 * math.log2(1 + snr / 200.0**2)
    assert frame.objectives[0, :, 0] == pytest.approx([expected / best] * 2)


def test_looks_of_a_slot_from_two_sides_tell_what_two_slots_tell() -> None:
    offset = 200.0 / math.sqrt(2.0)
    worth = []
    for uavs, rounds in ((2, 1), (1, 2)):
        batch, frame, actions = fleet(uavs=uavs, targets=1)
        target, flyers = batch.state[2], batch.state[3]
        target["x"] = target["y"] = 700.0
        total = 0.0
        for k in range(rounds):
            places = [(700.0 + offset, 700.0), (700.0, 700.0 + offset)][k : k + uavs]
            flyers["x"][0], flyers["y"][0] = np.array(places).T
            actions[..., 2] = 1.0
            batch.step(actions, frame)
            total += frame.objectives[0, 0, 1]
        assert batch.env["looks"][0] == 2
        worth.append((total, *(target[name][0, 0] for name in ("true_xx", "true_xy", "true_yy"))))
    assert worth[0] == pytest.approx(worth[1], rel=1e-12)


def test_the_shared_estimate_reaches_the_bound() -> None:
    """Two UAVs look from places around the estimate, three slots: six looks."""
    n, radius = 1000, 200.0 / math.sqrt(2.0)
    batch, frame, actions = fleet(n, uavs=2, users=1, targets=1)
    target, flyers = batch.state[2][:, 0], batch.state[3]
    actions[..., 2] = 1.0
    for k in range(3):
        for m in range(2):
            turn = 0.3 + 0.5 * math.pi * m + 0.7 * k
            flyers["x"][:, m] = np.clip(target["mean_x"] + radius * math.cos(turn), 0.0, 1600.0)
            flyers["y"][:, m] = np.clip(target["mean_y"] + radius * math.sin(turn), 0.0, 1600.0)
        batch.step(actions, frame)
    error = (target["mean_x"] - target["x"]) ** 2 + (target["mean_y"] - target["y"]) ** 2
    determinant = target["true_xx"] * target["true_yy"] - target["true_xy"] ** 2
    bound = (target["true_xx"] + target["true_yy"]) / determinant
    assert 0.85 < math.sqrt(error.mean() / bound.mean()) < 1.2


def test_data_and_sensing_are_shared_and_homecoming_is_not() -> None:
    batch, frame, actions = fleet(mission_s=3.0, horizon=3)
    actions[0, 0, :2] = 1.0, 0.0
    actions[0, 1, 2] = 1.0
    total = 0.0
    for _ in range(3):
        batch.step(actions, frame)
        assert np.ptp(frame.objectives[0, :, :2], 0) == pytest.approx([0.0, 0.0])
        total = total + frame.objectives[0]
    assert total[:, 2] == pytest.approx([-(90.0 - 30.0) / 100.0, 0.0, 0.0])
    assert total[0, 1] > 0.0
    assert frame.costs[0, :, 0].tolist() == [1.0, 0.0, 0.0]
    assert frame.metrics[0]["landed"].tolist() == [0.0, 1.0, 1.0]


def test_who_is_on_the_ground_is_silent_and_the_others_fly_on() -> None:
    batch, frame, actions = fleet(uavs=2, targets=1)
    uavs, links = batch.state[3], batch.state[4]
    uavs["energy"][0, 0] = 100.0
    actions[0, 0, :2] = 1.0, 1.0
    batch.step(actions, frame)
    place = uavs["x"][0, 0], uavs["y"][0, 0]
    assert frame.costs[0, :, 0].tolist() == [0.0, 0.0]  # within home_radius_m of home
    assert frame.metrics[0]["landed"].tolist() == [1.0, 0.0]
    assert not frame.ended.any()
    actions[..., 2] = 1.0
    batch.step(actions, frame)
    assert (uavs["x"][0, 0], uavs["y"][0, 0]) == place
    assert (links["share"][0, 0] == 0.0).all()
    assert links["share"][0, 1].sum() == pytest.approx(1.0)
    assert batch.env["looks"][0] == 1
    assert frame.metrics[0]["landed"].tolist() == [0.0, 0.0]  # told once
    uavs["energy"][0, 1] = 1.0
    batch.step(actions, frame)
    assert frame.ended[0].tolist() == [True, False]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(500, 500), (519, 500), (900, 900)], [1, 1, 0]),
        ([(500, 500), (521, 500), (900, 900)], [0, 0, 0]),
        ([(10, 0), (0, 10), (900, 900)], [0, 0, 0]),  # at home
        ([(500, 500), (510, 500), (490, 500)], [1, 1, 1]),
    ],
)
def test_too_close(places: Any, expected: Any) -> None:
    batch, frame, actions = fleet()
    uavs = batch.state[3]
    uavs["x"][0], uavs["y"][0] = np.array(places, float).T
    batch.step(actions, frame)
    assert frame.costs[0, :, 1].tolist() == expected
    gaps = [
        min(math.dist(a, b) for j, b in enumerate(places) if j != m) for m, a in enumerate(places)
    ]
    assert frame.metrics[0]["nearest_m"] == pytest.approx(gaps)
    uavs["energy"][0, 0] = 0.0
    batch.step(actions, frame)
    assert frame.costs[0, 0, 1] == 0.0  # on the ground


def test_each_agent_sees_the_others_in_a_circle() -> None:
    batch, frame, actions = fleet()
    actions[0, :, :2] = (0.5, 0.0), (0.0, 0.7), (0.6, 0.6)
    batch.step(actions, frame)
    uavs, seen = batch.state[3][0], frame.observations[0]
    for m in range(3):
        for r in (1, 2):
            other = uavs[(m + r) % 3]
            block = seen[m, -10 + 3 * r : -7 + 3 * r]
            expected = (
                (other["x"] - uavs[m]["x"]) / 1600.0,
                (other["y"] - uavs[m]["y"]) / 1600.0,
                2.0 * other["energy"] / 30e3 - 1.0,
            )
            assert block == pytest.approx(expected, abs=1e-6)
    assert seen[:, -1] == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_users_and_targets_are_dealt_out() -> None:
    batch, _ = made(ID, 50)
    policy: Any = BASELINES["fly_hover_sense"](batch)
    for things, names in ((policy.users, ("x", "y")), (policy.targets, ("mean_x", "mean_y"))):
        own = policy.share_out(things, *names).reshape(50, 3, -1)
        assert (own.sum(1) == 1).all()  # one UAV each
        assert (own.sum(2) >= 1).all()
    few, _ = made(ID, 50, users=2)
    own = BASELINES["fly_hover_sense"](few).share_out(few.state[1].repeat(3, 0), "x", "y")  # type: ignore[attr-defined]
    assert (own.sum(1) == 1).all()


def test_the_bound_is_never_beaten_and_a_team_beats_random_play() -> None:
    earned = {}
    for name, policy in BASELINES.items():
        batch, frame = made(ID, 24, 500)
        earned[name] = totals(batch, frame, policy(batch)).mean(1)
    for name in ("known_places", "fly_hover_sense", "straight_home", "random"):
        assert (earned[name] <= earned["bound"]).all(), name
    means = {name: float(values.mean()) for name, values in earned.items()}
    assert means["known_places"] >= means["fly_hover_sense"] > means["straight_home"]
    assert means["fly_hover_sense"] > means["random"]


def test_more_uavs_know_more_and_deliver_more() -> None:
    found = []
    for uavs in (1, 3):
        batch, frame = made(ID, 16, 50, uavs=uavs)
        policy = BASELINES["fly_hover_sense"](batch)
        bits = np.zeros(16)
        while not batch.env["done"].all():
            actions = batch.actions()
            actions[...] = policy.act()
            batch.step(actions, frame)
            bits += frame.metrics[:, 0]["least_data_bit"]
        found.append((bits.mean(), frame.metrics[:, 0]["position_bound_m"].mean()))
    assert found[1][0] > 2.0 * found[0][0]
    assert found[1][1] < found[0][1]


def test_agents_of_the_parallel_environment() -> None:
    env = ParallelEnv(scenarios.build(ID, None, {}))
    observations, _ = env.reset(seed=0)
    assert env.possible_agents == ["uav_0", "uav_1", "uav_2"]
    assert observations["uav_1"].shape == (6 + 4 * 6 + 5 * 4 + 3 * 2 + 1,)
    actions = {agent: env.action_space(agent).sample() for agent in env.agents}
    _, rewards, terminated, truncated, infos = env.step(actions)
    assert set(rewards) == set(terminated) == set(truncated) == set(env.agents)
    assert infos["uav_0"]["costs"] == {"lost": 0.0, "too_close": 0.0}
