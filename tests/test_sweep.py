"""Searches for hyper-parameters: a study that goes on, its preset, what is refused."""

import json
import sys
import tomllib

import pytest
from command import NAME, isac, refused

from isac_agents import registry
from isac_agents.algorithms.search_spaces import SPACES, Choice, Range
from isac_agents.benchmark import sweep
from isac_agents.evaluation.episodes import HELD_OUT_SEED
from isac_envs import scenarios
from isac_envs.errors import IsacError

AGENT = "odd_learners:Constant"
QUICK = ("--agent", AGENT, "--steps", "40", "--episodes", "4")


def search(out, *more):
    done = isac("sweep", NAME, *QUICK, "--out", str(out), "--json", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_study_goes_on_and_its_best_preset_can_be_pasted(tmp_path):
    first = search(tmp_path, "--trials", "2", "--rungs", "0")
    assert first["study"] == "ModeSelect-v0-highway-odd_learners.Constant"
    assert [each["state"] for each in first["trials"]] == ["complete"] * 2
    content = search(tmp_path, "--trials", "3", "--rungs", "0", "--jobs", "2")
    assert len(content["trials"]) == 5
    assert {each["trial"] for each in first["trials"]} < {
        each["trial"] for each in content["trials"]
    }
    scores = [each["score"] for each in content["trials"]]
    assert scores == sorted(scores, reverse=True)
    preset = tomllib.loads(content["preset"])["agents"][AGENT]
    assert preset["steps"] == 40
    best = content["trials"][0]["hyper_parameters"]
    assert f"action = {preset['action']}" in best
    assert tomllib.loads((tmp_path / "sweeps" / f"{first['study']}.toml").read_text())
    own = tmp_path / "own.toml"
    head = f'environment = "{NAME}"\nname = "own"\nsummary = "s"\nsource = "own"\n'
    own.write_text(head + content["preset"])
    assert scenarios.load(NAME, own).agents[AGENT] == preset
    other = ("--episodes", "5", "--trials", "1", "--out", str(tmp_path))
    message = refused("sweep", NAME, *QUICK[:4], *other)
    assert "episodes" in message
    assert "--study" in message


def test_fixed_values_are_not_searched_and_failing_trials_are_survived(tmp_path):
    content = search(tmp_path, "--trials", "6", "--hyper", "unused=0.75", "refuse=0")
    states = {each["state"] for each in content["trials"]}
    assert states <= {"complete", "fail", "pruned"}
    preset = tomllib.loads(content["preset"])["agents"][AGENT]
    assert preset["unused"] == 0.75
    assert preset["action"] == 1


def test_wrong_names_and_numbers_are_refused(tmp_path):
    out = ("--out", str(tmp_path / "out"))
    for words, arguments in (
        (("'ddqnn'", "'ddqn'"), ("--agent", "ddqnn")),
        (("'strom'", "'storm'"), ("--agent", "ddqn", "--scenario", "strom")),
        (("'gama'", "'gamma'"), ("--agent", "ddqn", "--hyper", "gama=0.9")),
        (("trials is 0",), ("--trials", "0")),
        (("no search space", "search_space"), ("--agent", "stable_baselines3:A2C")),
        (("every hyper-parameter",), (*QUICK, "--hyper", "action=1", "unused=0.5")),
    ):
        message = refused("sweep", NAME, *arguments, *out)
        assert all(word in message for word in words), message
    assert not (tmp_path / "out").exists()
    message = refused("sweep", NAME, *QUICK, *out, "--storage", "nowhere://x")
    assert "storage" in message


def test_optuna_is_named_with_its_extra_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert "isac-envs[sweep]" in refused("sweep", NAME, *QUICK, "--out", str(tmp_path / "out"))


def test_validation_episodes_are_apart_from_training_and_from_the_held_out_ones():
    assert sweep.VALIDATION_SEED >= HELD_OUT_SEED + 10**9


@pytest.mark.parametrize("agent", registry.AGENTS)
def test_every_agent_of_the_package_declares_a_valid_space(agent):
    space = registry.search_space(agent)
    sweep.check_space(agent, space)
    for name, dimension in space.items():
        if isinstance(dimension, Choice):
            assert len(dimension.values) > 1, name
            assert tomllib.loads(f"x = {json.dumps(dimension.values[0]).replace(':', ' =')}")
    assert SPACES.keys() <= registry.AGENTS.keys()


def test_ranges_are_checked():
    for wrong in ((1.0, 1.0), (2.0, 1.0)):
        with pytest.raises(IsacError, match="low < high"):
            Range(*wrong)
    with pytest.raises(IsacError, match="above 0"):
        Range(0.0, 1.0, log=True)
    assert Range(1, 4).integer
    assert not Range(1, 4.0).integer


class Stopping:
    """A trial of Optuna that is given up at its second intermediate score."""

    def __init__(self):
        self.reported, self.user_attrs, self.params = [], {}, {"action": "1", "unused": 0.61234}

    def suggest_categorical(self, name, choices):
        assert self.params[name] in choices

    def suggest_float(self, name, low, high, log):
        assert (low, high, log) == (0.5, 1.0, False)

    def report(self, score, step):
        self.reported.append((score, step))

    def should_prune(self):
        return len(self.reported) == 2


def test_a_bad_trial_is_given_up_at_an_intermediate_score():
    optuna = pytest.importorskip("optuna")
    from isac_agents.evaluation.cache import EvaluationCache
    from isac_agents.evaluation.comparison import Scale
    from isac_agents.training.plan import plan_jobs

    record = plan_jobs(NAME, AGENT, steps=100)[0].record
    space = registry.search_space(AGENT)
    search = sweep.Sweep(record, space, 1, 4, 3, "", "s", 0)
    world = record.world()
    cache = EvaluationCache(world, 4, sweep.VALIDATION_SEED)
    scale = Scale.of(cache.baselines(), world.reference_baseline)
    trial = Stopping()
    with pytest.raises(optuna.TrialPruned):
        sweep._Trial(search, trial, cache, scale).score()
    assert [step for _, step in trial.reported] == [1, 2]
    expected = scale.score(cache.baselines()["always_radar"].rewards.mean())
    assert trial.reported[0][0] == pytest.approx(expected)
    assert sweep.chosen(trial, space) == {"action": 1, "unused": 0.6123}
