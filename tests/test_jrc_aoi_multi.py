"""isac/JrcAoiMulti-v0 against its specification: published returns, arbitration, rewards.

The published returns come from an independent run of the authors' model: 40 episodes of 400 steps,
mean over the vehicles.
"""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.declaration.buffers import StepBuffers

ID = "isac/JrcAoiMulti-v0"
IDLE, RADAR = 0, 4
QUIET = {"event_exponent": 100.0, "arrival_means": (0.0,) * 3}
STILL = dict.fromkeys(
    ("road_stays_good", "weather_stays_good", "speed_stays_low", "object_stays_static"), 1.0
)


def started(copies, scenario=None, **overrides):
    model = scenarios.build(ID, scenario, overrides)
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, [10**9 + i for i in range(copies)])
    return batch, frame


def step(batch, frame, actions):
    buffer = batch.actions()
    buffer[..., 0] = actions
    batch.step(buffer, frame)
    return frame.metrics


@cache
def played(scenario, name, copies=150):
    """Return the mean return of a vehicle and the miss probability."""
    batch, frame = started(copies, scenario)
    policy, weights = batch.model.baselines[name](batch), np.array(batch.model.params.weights)
    total, missed, events = 0.0, 0.0, 0.0
    for _ in range(400):
        metrics = step(batch, frame, policy.act())
        total += (frame.objectives @ weights).mean()
        missed, events = missed + metrics["missed"].sum(), events + metrics["event"].sum()
    return total, missed / events


@pytest.mark.parametrize(
    ("name", "expected", "margin"),
    [
        ("random", -629.5, 15.3),
        ("exponential_backoff", -695.6, 18.0),
        ("central_myopic", -591.2, 10.8),
        ("tdma_rule", -463.1, 12.6),
    ],
)
def test_published_returns_within_three_standard_errors(name, expected, margin):
    assert played("lee2022", name)[0] == pytest.approx(expected, abs=margin)


def test_order_of_policies():
    order = ("optimum", "tdma_rule", "central_myopic", "random", "exponential_backoff")
    found = [played("lee2022", name)[0] for name in order]
    assert found == sorted(found, reverse=True)


# --- arbitration -------------------------------------------------------------------------------


@given(
    st.integers(0, 2**32), st.integers(2, 6), st.booleans(),
    st.lists(st.integers(0, 4), min_size=6, max_size=6),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_one_grant_a_slot_to_one_who_asks(seed, vehicles, misread, wishes):
    batch, frame = started(3, vehicles=vehicles, winner_misread=misread)
    batch.reset(frame, [seed, seed + 1, seed + 2])
    actions = np.array(wishes[:vehicles])
    for _ in range(15):
        before = batch.env["priority"].copy()
        metrics = step(batch, frame, np.tile(actions, (3, 1)))
        granted, asked = metrics["granted"] == 1, metrics["asked"] == 1
        assert (asked == (actions != IDLE)).all()
        assert not (granted & ~asked).any()
        count = granted.sum(1)
        assert (count <= 1).all() and (misread or (count == asked.any(1)).all())
        assert (metrics["contended"] == (asked & (asked.sum(1, keepdims=True) > 1))).all()
        for i in np.flatnonzero(before >= 0):
            if asked[i, before[i]]:
                assert granted[i, before[i]]
        sent = metrics["sent"] > 0
        assert not (sent & ~granted).any()
        expected = np.where(sent.any(1), sent.argmax(1), -1)
        assert batch.env["priority"].tolist() == expected.tolist()
        actions = np.roll(actions, 1)


def without_priority(copies, **overrides):
    batch, frame = started(copies, **overrides)
    batch.env["priority"] = -1
    return batch, frame


def test_a_contention_is_won_with_equal_probability():
    batch, frame = without_priority(30_000)
    metrics = step(batch, frame, np.tile([IDLE, RADAR, 1, RADAR], (30_000, 1)))
    np.testing.assert_allclose(metrics["granted"].mean(0), [0, 1 / 3, 1 / 3, 1 / 3], atol=0.012)


def test_the_published_code_takes_the_rank_of_the_winner_for_its_number():
    batch, frame = without_priority(30_000, winner_misread=True)
    metrics = step(batch, frame, np.tile([IDLE, RADAR, 1, RADAR], (30_000, 1)))
    # ranks 0, 1, 2 of three who ask: vehicle 0 idles, so that a third of the slots is wasted
    np.testing.assert_allclose(metrics["granted"].mean(0), [0, 1 / 3, 1 / 3, 0], atol=0.012)
    batch, frame = without_priority(10, winner_misread=True)
    metrics = step(batch, frame, np.tile([IDLE, IDLE, IDLE, RADAR], (10, 1)))
    assert metrics["granted"][:, 3].all()  # alone, there is nothing to misread


def test_priority_at_reset_is_uniform():
    batch, _ = started(20_000)
    np.testing.assert_allclose(np.bincount(batch.env["priority"]) / 20_000, 0.25, atol=0.015)


# --- outcome of a slot -------------------------------------------------------------------------


def placed(actions, bits=(0, 0, 0, 0), **overrides):
    """Play one slot with two packets of class 2 at every vehicle, aged 6 and 3, class ages 10."""
    batch, frame = without_priority(1, **{**QUIET, **overrides})
    vehicles, packets, streams = batch.state[1:]
    batch.env["time"] = 20
    for name, bit in zip(("road", "weather", "speed", "object"), bits, strict=True):
        vehicles[name] = bit
    vehicles["backlog"] = 2
    packets["level"][..., :2] = 2
    packets["born"][..., :2] = 14, 17
    streams["age"] = 10
    return batch, frame, step(batch, frame, [actions])


def test_a_grant_delivers_the_oldest_packet_and_gives_priority():
    batch, frame, metrics = placed([IDLE, 2, IDLE, IDLE])
    assert metrics["sent"].tolist() == [[0, 1, 0, 0]]
    assert batch.state[3]["age"][0].tolist() == [[11] * 3, [11, 7, 11], [11] * 3, [11] * 3]
    assert frame.objectives[0, :, 0].tolist() == [-66, -58, -66, -66]
    assert metrics["peak_aoi"][0, 1] == 10 and metrics["backlog"].tolist() == [[2, 1, 2, 2]]
    assert frame.observations[0, :, 22].tolist() == [0, 1, 0, 0]


def test_only_granted_radar_spares_the_penalty_of_an_event():
    _, frame, metrics = placed([IDLE, IDLE, RADAR, IDLE], bits=(1, 1, 1, 1))
    assert metrics["event"].all()
    assert frame.objectives[0, :, 1].tolist() == [-5, -5, 0, -5]
    assert frame.costs[0, :, 0].tolist() == [1, 1, 0, 1]
    _, frame, metrics = placed([IDLE, IDLE, IDLE, 2], bits=(1, 1, 1, 1), penalty_clear=0.0)
    assert not metrics["sent"].any()
    assert frame.objectives[0, :, 1].tolist() == [-4] * 4


def test_sending_what_is_not_there_wastes_the_slot_and_no_priority_follows():
    batch, _, metrics = placed([1, IDLE, IDLE, IDLE])
    assert metrics["granted"][0, 0] == 1 and not metrics["sent"].any()
    assert batch.env["priority"][0] == -1


def test_the_last_coordinates_of_the_observation():
    batch, frame = without_priority(1, **QUIET)
    seen = []
    for actions in ([IDLE] * 4, [IDLE] * 4, [RADAR, IDLE, IDLE, IDLE], [IDLE] * 4, [IDLE] * 4):
        step(batch, frame, [actions])
        seen.append(frame.observations[0, :, -4:].copy())
    waited = np.array([[1, 1], [2, 2], [0, 3], [1, 4], [2, 5]])
    for row, (first, other) in zip(seen, waited, strict=True):
        np.testing.assert_allclose(row[:, 0], np.array([first] + [other] * 3) / (
            np.array([first] + [other] * 3) + 10), atol=1e-6)  # fmt: skip
        assert row[:, 1].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert [row[0, 2] for row in seen] == [0.5, 0.75, 1.0, 0.25, 0.5]
    idle = np.array([1, 2, 0, 1, 2])
    np.testing.assert_allclose([row[0, 3] for row in seen], idle / (idle + 10), atol=1e-6)


def test_features_of_the_classes():
    batch, frame, _ = placed([IDLE, 2, IDLE, IDLE], observation="classes", **STILL)
    width = 3 * 5 + 1 + 4 + 5 + 1 + 1 + 4 + 1
    assert frame.observations.shape == (1, 4, width) and batch.env["time"][0] == 21
    classes = frame.observations[0, :, :15].reshape(4, 3, 5)
    other = (0, 0, 0, 11 / 21, 0)
    both = (2 / 11, 7 / 17, 7 / 17, 11 / 21, 8 / 3 / (8 / 3 + 10))  # 2/3 of the weight, 11 - 7
    left = (1 / 11, 4 / 14, 4 / 14, 7 / 17, 2 / 12)  # 2/3 (7 - 4)
    for v in range(4):
        expected = (other, left if v == 1 else both, other)
        np.testing.assert_allclose(classes[v], expected, atol=1e-6)
    rest = frame.observations[0, :, 15:]
    assert rest[:, 0].tolist() == [0, 1, 0, 0]  # priority
    assert (rest[:, 1:10] == [0, 0, 0, 0, 1, 0, 0, 0, 0]).all()  # conditions, how many are bad
    assert rest[:, 10] == pytest.approx([2 / 11, 1 / 11, 2 / 11, 2 / 11])
    assert rest[:, 11] == pytest.approx([1 / 11, 0, 1 / 11, 1 / 11])  # since the last grant
    # the slot is the second of a round: vehicle 1 is at its turn, then 2, 3 and 0
    assert rest[:, 12:16].argmax(1).tolist() == [3, 0, 1, 2] and (rest[:, 12:16].sum(1) == 1).all()
    assert not rest[:, 16].any()  # the channel was used


def test_spaces_and_agents():
    env = ParallelEnv(ID)
    assert env.possible_agents == ["veh_0", "veh_1", "veh_2", "veh_3"]
    assert env.observation_space("veh_0").shape == (34,) and env.action_space("veh_0").n == 5
    assert len(ParallelEnv(ID, vehicles=7).possible_agents) == 7


def test_same_world_whatever_the_actions():
    def world(action):
        batch, frame = started(2)
        for _ in range(200):
            step(batch, frame, np.full((2, 4), action))
        return batch.env["world"].tolist(), batch.state[1]["road"].tolist()

    assert world(IDLE) == world(RADAR) == world(2)


def test_random_actions_of_all_vehicles_stay_within_the_spaces():
    batch, frame = started(20, "deadlines")
    random, space = np.random.default_rng(0), batch.model.observation.space()
    for _ in range(120):
        metrics = step(batch, frame, random.integers(0, 5, (20, 4)))
        assert all(space.contains(row) for row in frame.observations.reshape(-1, space.shape[0]))
        assert (metrics["backlog"] <= 4).all() and (metrics["overflow"] >= 0).all()
