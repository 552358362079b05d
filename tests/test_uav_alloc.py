"""isac/UavAlloc-v0 against its specification: equations (27) to (31), energy, motion, actions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uav_alloc_oracle import decode, slot

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.core.env import Env
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.errors import ScenarioError

ID = "isac/UavAlloc-v0"
LOUD = 2  # option: send on channel 0 at 1 W


def started(copies, scenario="trio", seed=0, **overrides):
    model = scenarios.build(ID, scenario, overrides)
    batch, frame = Batch(model, copies), StepBuffers.allocate(model, copies)
    batch.reset(frame, [seed + i for i in range(copies)])
    return batch, frame


def step(batch, frame, actions):
    rows = batch.actions()
    rows[:, 0] = actions
    batch.step(rows, frame)
    return frame


def places(batch, i):
    uavs, targets = batch.state[1][i], batch.state[2][i]
    above = np.stack([uavs[axis] for axis in ("x_m", "y_m", "z_m")], 1)
    below = np.stack([targets["x_m"], targets["y_m"], np.zeros(len(targets))], 1)
    return above, below


def test_a_slot_follows_the_equations():
    batch, frame = started(200)
    random = np.random.default_rng(0)
    for _ in range(3):
        actions = random.integers(0, 17, (200, 3))
        before = [places(batch, i) for i in range(200)]
        step(batch, frame, actions)
        for i in range(200):
            information, rate, ratios = slot(*before[i], actions[i], 2)
            power = np.mean([decode(option, 2)[2] for option in actions[i]])
            expected = [2.0 * information.sum() / (3 * 4.0), rate / 4.0, -power, 0.0]
            assert frame.objectives[i, 0] == pytest.approx(expected, rel=1e-9, abs=1e-12)
            assert batch.state[3][i]["sinr"] == pytest.approx(ratios, rel=1e-9)
            short = np.maximum(0.0, 2.0 - information).mean()
            assert frame.costs[i, 0] == pytest.approx([0.0, short], abs=1e-9)


def test_the_weights_make_the_specified_reward():
    params = scenarios.build(ID, None, {}).params
    assert params.weights == (0.5, 0.5, 0.1, 1.0)
    assert (params.energy_j, params.horizon, params.step_s) == (60.0, 100, 1.0)
    assert (params.powers_w, params.memory, params.area_m) == ((0.2, 1.0), 0.85, 3000.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(2)))
def test_channels_may_swap_names(seed, order):
    batch, frame = started(1, seed=seed)
    options = np.random.default_rng(seed).integers(1, 17, 3)
    pair, level = np.divmod(options - 1, 2)
    swapped = 1 + (pair // 2 * 2 + np.array(order)[pair % 2]) * 2 + level
    saved = batch.snapshot()
    first = step(batch, frame, options).objectives.copy()
    batch.restore(saved)
    assert step(batch, frame, swapped).objectives == pytest.approx(first, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_silence_of_others_never_hurts_those_who_go_on(seed):
    batch, frame = started(1, seed=seed)
    options = np.random.default_rng(seed).integers(1, 17, 3)
    saved = batch.snapshot()
    step(batch, frame, options)
    before = batch.state[3][0]["sinr"].copy()
    batch.restore(saved)
    step(batch, frame, [options[0], options[1], 0])
    assert (batch.state[3][0]["sinr"][:2] >= before[:2] * (1 - 1e-12)).all()


def test_energy_is_spent_exactly_and_then_only_idling_is_left():
    batch, frame = started(4, horizon=100)
    for k in range(60):
        assert frame.masks.all(), k
        step(batch, frame, [[LOUD, LOUD, LOUD]] * 4)
        assert batch.state[1]["energy_j"] == pytest.approx(60.0 - k - 1.0, abs=1e-9)
    assert (frame.objectives[..., 3] == 0.0).all()
    masks = frame.masks.reshape(4, 3, 17)
    assert masks[..., 0].all()
    assert not masks[..., 1:].any()
    step(batch, frame, [[LOUD] * 3] * 4)
    assert (frame.objectives == 0.0).all()
    assert (frame.metrics["denied"] == 3).all()


def test_a_transmission_beyond_the_budget_is_an_overrun():
    batch, frame = started(1, energy_j=1.5)
    step(batch, frame, [[LOUD, 0, 0]])
    assert frame.objectives[0, 0, 3] == 0.0
    step(batch, frame, [[LOUD, 0, 0]])
    assert frame.objectives[0, 0, 3] == -1.0
    assert frame.costs[0, 0, 0] == pytest.approx(0.5)
    assert frame.objectives[0, 0, 1] > 0.0
    assert batch.state[1]["energy_j"][0].tolist() == [0.0, 1.5, 1.5]


def test_who_may_not_idle_sends():
    batch, frame = started(1, "busy")
    masks = frame.masks.reshape(3, 17)
    assert not masks[:, 0].any()
    assert masks[:, 1:].all()
    saved = batch.snapshot()
    idle = step(batch, frame, [[0, 0, 0]]).objectives.copy()
    assert (frame.metrics["denied"] == 3).all()
    batch.restore(saved)
    assert (step(batch, frame, [[1, 1, 1]]).objectives == idle).all()


def test_the_index_and_the_scores_stand_for_the_same_options():
    random = np.random.default_rng(1)
    options = random.integers(0, 17, (50, 3))
    outcomes = []
    for action in ("discrete", "index", "continuous"):
        batch, frame = started(50, action=action)
        rows = np.asarray(batch.model.encode_options(options)).reshape(50, -1)
        outcomes.append(step(batch, frame, rows).objectives.copy())
    assert (outcomes[0] == outcomes[1]).all()
    assert outcomes[2] == pytest.approx(outcomes[0], rel=1e-12)


@pytest.mark.parametrize("channels", [1, 2])
def test_every_coordinate_of_a_continuous_action_matters(channels):
    env = Env(scenarios.build(ID, "trio", {"action": "continuous", "channels": channels}))
    env.reset(seed=0)
    random = np.random.default_rng(0)
    width = env.action_space.shape[0]
    assert width == 3 * (4 + 1 + (channels if channels > 1 else 0))
    moved = set()
    for _ in range(60):
        action = random.uniform(-1, 1, width)
        reward = env.simulate(action)[1]
        for k in range(width):
            for value in (-1.0, 1.0):
                other = action.copy()
                other[k] = value
                if env.simulate(other)[1] != reward:
                    moved.add(k)
    assert moved == set(range(width))


def test_masks_of_joint_actions_are_those_of_the_uavs():
    for idling in ("free", "empty"):
        batch, frame = started(1, action="index", idling=idling, energy_j=0.5)
        loud = batch.model.encode_options(np.array([[LOUD, 1, 1]]))
        step(batch, frame, loud[:, None])  # empties UAV 0 alone
        options = np.indices((17, 17, 17)).reshape(3, -1)
        valid = options[0] == 0
        if idling == "empty":
            valid &= (options[1] > 0) & (options[2] > 0)
        assert (frame.masks[0, 0] == valid).all()


def test_the_world_does_not_depend_on_the_actions():
    first, second = started(20), started(20)
    for k in range(30):
        step(*first, [[0, 0, 0]] * 20)
        step(*second, [[LOUD, 1 + k % 16, 5]] * 20)
    for name in ("x_m", "y_m", "z_m", "vx_m_s"):
        assert (first[0].state[1][name] == second[0].state[1][name]).all()
    assert (first[0].state[2]["x_m"] == second[0].state[2]["x_m"]).all()


def test_motion_stays_within_its_limits_and_has_its_memory():
    batch, frame = started(400, horizon=10**6)
    velocities = []
    for _ in range(150):
        step(batch, frame, np.zeros((400, 3), int))
        uavs, targets = batch.state[1], batch.state[2]
        assert (np.abs(uavs["x_m"]) <= 1500).all()
        assert (np.abs(targets["y_m"]) <= 1500).all()
        assert ((uavs["z_m"] >= 100) & (uavs["z_m"] <= 200)).all()
        speed = np.sqrt(uavs["vx_m_s"] ** 2 + uavs["vy_m_s"] ** 2 + uavs["vz_m_s"] ** 2)
        assert (speed <= 20 + 1e-9).all()
        assert (np.hypot(targets["vx_m_s"], targets["vy_m_s"]) <= 10 + 1e-9).all()
        velocities.append(uavs["vz_m_s"].ravel().copy())
    now, later = np.array(velocities[50:-1]).ravel(), np.array(velocities[51:]).ravel()
    away = np.abs(np.abs(later) - 0.85 * np.abs(now)) < 4.0  # walls flip signs, not sizes
    assert away.all()
    assert now.std() == pytest.approx(1.0, rel=0.05)
    assert abs(np.corrcoef(now, later)[0, 1] - 0.85) < 0.06


def test_an_episode_starts_uniformly():
    batch, _ = started(3000)
    uavs = batch.state[1]
    assert np.abs(uavs["x_m"].mean()) < 5 * 866 / np.sqrt(9000)
    assert uavs["x_m"].std() == pytest.approx(3000 / np.sqrt(12), rel=0.03)
    assert uavs["z_m"].mean() == pytest.approx(150, abs=2)
    assert (uavs["energy_j"] == 60.0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lowest_m": 300.0}, "highest_m"),
        ({"cruise_m_s": 30.0}, "cruise_m_s"),
        ({"step_s": 50.0}, "step_s"),
        ({"action": "index", "uavs": 5}, "joint actions"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ScenarioError, match=message):
        scenarios.build(ID, None, changes)
