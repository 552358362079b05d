"""The LSTM predictor of beam tracking: memory, forecasts, beams, and an agent like any other."""

import numpy as np
import pytest
import torch

from isac_agents import registry
from isac_agents.adapters.vec_env import BatchVecEnv
from isac_agents.algorithms.forecast.beam_choice import Link, choose_widths, expected_rates
from isac_agents.algorithms.forecast.echo_memory import AGE, COSINE, VALID, recall, remember
from isac_agents.algorithms.forecast.lstm_predictor import LstmPredictor
from isac_agents.evaluation.episodes import baseline, play
from isac_agents.runs.learners import load
from isac_agents.training.plan import plan_jobs
from isac_agents.training.train_jobs import train
from isac_envs import scenarios
from isac_envs.errors import IsacError

ENVIRONMENT = "isac/BeamTrack-v0"
FORM = {"observation": "history", "action": "pointing"}
STEADY = {
    "acceleration_x_m_s2": 1e-3, "acceleration_y_m_s2": 1e-3, "error_scale": 1e-3,
    "fluctuation": "constant", "power_dbm": 40.0, "transmit_antennas": 64, "history_length": 4,
    "speed_spread_m_s": 5.0, "horizon": 20,
}  # fmt: skip


def _model(**settings):
    return scenarios.build(ENVIRONMENT, "hard", {**FORM, **settings})


def _learner(copies=16, settings=None, **arguments):
    small = {"hidden": 8, "rounds": 2, "batch_size": 64, "seed": 0}
    env = BatchVecEnv(_model(**(settings or {})), copies)
    return LstmPredictor("ForecastPolicy", env, **{**small, **arguments})


def _weights(model):
    return {name: each.clone() for name, each in model.policy.state_dict().items()}


def _same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_learns_steady_motion_to_a_hundredth_of_a_beam():
    learner = _learner(64, STEADY, hidden=16, rounds=3).learn(8_000)
    model = _model(**STEADY)
    result = play(lambda env: learner, model, 100)
    assert (result.totals["gain"] / result.lengths).mean() > 0.99
    genie = play(baseline(model, "genie"), model, 100)
    assert result.reward.mean() > 0.98 * genie.reward.mean()


def test_same_seed_same_weights():
    first, again = (_weights(_learner().learn(500)) for _ in range(2))
    assert _same(first, again)
    assert not _same(first, _weights(_learner(seed=1).learn(500)))


@pytest.mark.parametrize("settings", [{}, {"vehicles": 3, "vehicle_spacing_m": 5.0}])
def test_saved_and_loaded_it_acts_the_same(tmp_path, settings):
    learner = _learner(settings=settings, sweep_below=0.1).learn(500)
    learner.save(tmp_path / "weights")
    env = BatchVecEnv(_model(**settings), 5, seed=3)
    observation = env.reset()
    expected, _ = learner.predict(observation, deterministic=True)
    for where in (None, env):
        loaded = LstmPredictor.load(tmp_path / "weights", env=where)
        found, _ = loaded.predict(observation, deterministic=True)
        assert np.array_equal(found, expected) and loaded.policy.sweep_below == 0.1
        assert loaded.action_space == env.action_space
        assert loaded.observation_space == env.observation_space
    with pytest.raises(IsacError, match="do not fit"):
        LstmPredictor.load(tmp_path / "weights", hidden=9)


def test_run_folders_hold_it_like_any_agent(tmp_path):
    jobs = plan_jobs(
        ENVIRONMENT, "lstm_predictor", scenario="validation", steps=600, out=tmp_path,
        hyper_parameters={"hidden": 4, "rounds": 2, "powers_dbm": [0.0, 20.0]},
    )  # fmt: skip
    assert jobs[0].record.interface == FORM
    agent = train(jobs[0])
    record, loaded = load(jobs[0].folder)
    assert record.status == "finished" and _same(_weights(agent), _weights(loaded))


def test_an_episode_at_once_slot_by_slot_and_alone():
    """Batches, single observations and a restart inside a batch give the same beams."""
    learner = _learner().learn(500)
    env = BatchVecEnv(_model(), 4, seed=9)
    observation, state, starts = env.reset(), None, np.ones(4, bool)
    alone = None
    for k in range(6):
        actions, state = learner.predict(observation, state, starts, deterministic=True)
        single, alone = learner.predict(observation[2], alone, starts[2:3], deterministic=True)
        assert actions.shape == (4, 3) and single.shape == (3,)
        assert np.allclose(single, actions[2], atol=1e-5)
        assert env.action_space.contains(actions[0])
        observation, _, _, _ = env.step(actions)
        starts = np.zeros(4, bool)
        assert state[1].tolist() == [[k]] * 4
    fresh, _ = learner.predict(observation, None, None, deterministic=True)
    restarted, state = learner.predict(observation, state, np.array([True, False] * 2))
    assert np.array_equal(restarted[::2], fresh[::2]) and state[1].ravel().tolist() == [0, 6, 0, 6]


def test_memory_holds_echoes_and_their_ages():
    missed, seen = np.zeros((1, 5), np.float32), np.array([[0.5, 0.4, 0.3, 1.0, 0.2]], np.float32)
    memory = np.zeros((1, 2, 6), np.float32)
    for newest in (seen, missed, 0.5 * seen + [0, 0, 0, 0.5, 0], missed, missed):
        memory = remember(memory, newest)
    assert memory[0, :, AGE].tolist() == [3.0, 5.0] and memory[0, :, VALID].tolist() == [1.0, 1.0]
    assert np.allclose(memory[0, :, COSINE], [0.25, 0.5])
    window = np.stack((missed, seen, missed, seen), 1)  # newest first
    assert recall(window)[0, :, AGE].tolist() == [2.0, 4.0, 0.0, 0.0]


def test_widths_follow_the_uncertainty():
    link = Link.of(_model(power_dbm=20.0))
    deviations, distances = np.array([1e-5, 0.01, 0.3]), np.full(3, 0.5)
    rates = expected_rates(link, deviations, distances)
    peak = link.snr_per_antenna * 2.0**link.octaves / 0.5**2
    assert np.allclose(rates[0], np.log2(1.0 + peak), rtol=1e-3)
    assert (np.diff(rates[:, -1]) < 0.0).all()
    widths = choose_widths(link, deviations, distances, 0.0)
    assert widths[0] == 8.0 and widths[1] < 8.0 and (widths >= 2.0).all()
    best = rates.max(1) / np.log2(1.0 + peak[-1])
    assert np.allclose(best[0], 1.0, rtol=1e-3) and best[2] < best[1] < 0.99
    assert choose_widths(link, deviations, distances, 0.99).tolist() == [8.0, 1.0, 1.0]
    between = 0.5 * (best[1] + best[2])
    assert choose_widths(link, deviations, distances, between).tolist() == [8.0, widths[1], 1.0]


def test_without_reacquiring_it_sweeps_only_until_the_first_echo():
    learner = _learner(sweep_below=1.0)
    never_heard = np.zeros((2, 40), np.float32)
    heard = np.zeros((2, 40), np.float32)
    heard[:, :5] = [0.1, 0.5, 0.2, 1.0, 0.5]
    for reacquire in (True, False):
        policy = learner.policy.at(learner.link, reacquire)
        first, state = policy.predict(never_heard)
        second, _ = policy.predict(heard, state, np.zeros(2, bool))
        assert (first[:, 0] == 1.0).all()
        assert ((second[:, 0] == 1.0) == reacquire).all()


def test_a_callback_counts_steps_and_stops():
    counted = []

    def stop(local, _):
        counted.append(local["self"].num_timesteps)
        return len(counted) < 3

    learner = _learner().learn(500, callback=stop)
    assert counted == [16, 32, 48] == [16, 32, learner.num_timesteps]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"observation": "belief"}, 'needs observation="history", not "belief"'),
        ({"action": "discrete"}, 'needs action="pointing", not "discrete"'),
    ],
)
def test_other_forms_are_refused(settings, message):
    with pytest.raises(IsacError, match=message):
        _learner(settings=settings)


def test_other_environments_are_refused():
    with pytest.raises(IsacError, match=r"lstm_predictor cannot act in isac/ModeSelect-v0"):
        plan_jobs("isac/ModeSelect-v0", "lstm_predictor")
    env = BatchVecEnv("isac/ModeSelect-v0", 2)
    with pytest.raises(IsacError, match=r"needs isac/BeamTrack-v0, not isac/ModeSelect-v0"):
        LstmPredictor("ForecastPolicy", env)
    assert registry.preset("lstm_predictor").environment == FORM
