"""isac/SecureIsacMulti-v0: the single environment with an eavesdropper who steers."""

import numpy as np
import pytest
from harness import bind
from secure_isac_play import ID as SINGLE
from secure_isac_play import SMALL

from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.declaration.trial import Trial
from isac_envs.engine.rng import normal
from isac_envs.errors import ScenarioError

ID = "isac/SecureIsacMulti-v0"


def test_with_the_turns_of_the_single_one_all_bits_are_the_same() -> None:
    """45 degrees are an eighth of a turn, so that turns over it lose no bit."""
    one = Trial(bind(SINGLE, **SMALL), 3)
    two = Trial(bind(ID, **SMALL, largest_turn_deg=45.0), 3)
    one.start(np.arange(3))
    two.start(np.arange(3))
    random, deviation = np.random.default_rng(0), one.model.params.target_turn_std_deg / 360.0
    for _ in range(20):
        drawn = [normal(each.copy()) for each in one.state.env["world"]]
        actions = random.uniform(-1, 1, (3, 2, one.model.action.width))
        actions[:, 1, 0] = deviation * np.array(drawn) / 0.125
        one.step(actions[:, 0])
        two.step(actions)
        assert (two.observations[:, 0] == one.observations[:, 0]).all()
    for name in one.state._fields[:-1]:
        assert (getattr(one.state, name) == getattr(two.state, name)).all(), name


def test_it_is_a_zero_sum_game_and_she_sees_herself() -> None:
    env = ParallelEnv(bind(ID, **SMALL))
    observations, _ = env.reset(seed=1)
    assert env.observation_space("eavesdropper_0").shape == (8,)
    assert env.action_space("eavesdropper_0").shape == (1,)
    for _ in range(10):
        actions = {name: env.action_space(name).sample() for name in env.agents}
        observations, rewards, *_ = env.step(actions)
        assert rewards["eavesdropper_0"] == -rewards["base_station_0"]
    her, p = env.batch.state.users[0, 1], env.batch.model.params
    seen = observations["eavesdropper_0"]
    place = (her["x_m"] - p.target_centre_m[0], her["y_m"] - p.target_centre_m[1])
    assert seen[:2] == pytest.approx(np.array(place) / p.target_radius_m, abs=1e-6)
    assert seen[2:4] == pytest.approx([her["heading_x"], her["heading_y"]], abs=1e-6)


def test_who_approaches_hears_more() -> None:
    model, found = bind(ID, csi_error=0.0), {}
    for name in ("ignorant_wander", "ignorant_approach"):
        copies = Trial(model, 40)
        copies.start(np.arange(40))
        policy = model.baselines[name](copies, 0)
        for _ in range(60):
            copies.step(policy.act())
        found[name] = []
        for _ in range(20):
            copies.step(policy.act())
            found[name].append(copies.state.users["rate"][:, 1].copy())
    means = {name: np.mean(rates, 0) for name, rates in found.items()}
    gain = means["ignorant_approach"] - means["ignorant_wander"]
    assert gain.mean() > 2.0 * gain.std() / np.sqrt(40) > 0.0


def test_whole_numbers_do_not_steer() -> None:
    with pytest.raises(ScenarioError, match="parameter action = 'levels'"):
        bind(ID, action="levels", phase_bits=2)
