"""Results in run folders, paired differences, values of each run, and Weights & Biases."""

import json
import sys

import pytest
from command import NAME, isac, refused

from isac_agents.evaluation import cache, results
from isac_agents.evaluation.cache import EvaluationCache
from isac_agents.evaluation.results import Entry, Key
from isac_envs import scenarios

AGENT = "odd_learners:Constant"
EPISODES = ("--episodes", "20")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    arguments = ("--agent", AGENT, "--steps", "20", "--seeds", "2", "--jobs", "1", "--json")
    done = isac("train", NAME, *arguments, *EPISODES, "--out", str(root))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["folders"]


def rows_of(*arguments):
    done = isac("evaluate", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)["rows"]}


def test_kept_results_are_not_played_again_and_are_the_same_numbers(folder, monkeypatch):
    first = rows_of(folder[0], *EPISODES)
    monkeypatch.setattr(cache, "play", None)  # a replay would fail
    assert rows_of(folder[0], *EPISODES) == first
    monkeypatch.undo()
    fresh = rows_of(NAME, *EPISODES)
    assert all(fresh[name] == first[name] for name in fresh)


def test_other_episodes_are_kept_beside_the_first(folder):
    other = rows_of(folder[0], *EPISODES, "--seed", "7")
    assert other["random"] != rows_of(folder[0], *EPISODES)["random"]
    kept = json.loads((cache.Path(folder[0]) / results.FILE).read_text())["entries"]
    assert {(each["key"]["episodes"], each["key"]["seed"]) for each in kept} >= {
        (20, 10**9),
        (20, 7),
    }


def test_results_of_other_weights_or_versions_are_dropped(tmp_path):
    model = scenarios.build(NAME, None, {})
    baselines = EvaluationCache(model, 3).baselines()
    old, new = (Key.of(model, 3, 0, weights) for weights in ("old", "new"))
    for key in (old, new):
        results.write(tmp_path, Entry(key=key, agent=baselines["random"], baselines=baselines))
    assert results.read(tmp_path, old) is None
    assert results.read(tmp_path, new).agent == baselines["random"]
    assert results.read(tmp_path, new.model_copy(update={"version": "0"})) is None
    assert results.read_baselines(tmp_path, Key.of(model, 3, 0)) == baselines
    assert results.read_baselines(tmp_path, Key.of(model, 4, 0)) == {}


def test_a_figure_that_is_not_a_number_survives(tmp_path):
    model = scenarios.build(NAME, None, {})
    baselines = EvaluationCache(model, 2).baselines()
    odd = baselines["random"].model_copy(update={"figures": {"share": float("nan")}})
    key = Key.of(model, 2, 0, "w")
    results.write(tmp_path, Entry(key=key, agent=odd, baselines=baselines))
    share = results.read(tmp_path, key).agent.figures["share"]
    assert share != share
    json.loads((tmp_path / results.FILE).read_text(), parse_constant=pytest.fail)


def test_differences_are_paired_by_episode(folder):
    rows = rows_of(folder[0], *EPISODES, "--against", "safe")
    zero = {"value": 0.0, "low": 0.0, "high": 0.0}
    assert rows["safe"]["difference"] == zero
    assert rows[AGENT]["difference"] == rows["always_radar"]["difference"]
    for row in rows.values():
        gap = row["reward"]["value"] - rows["safe"]["reward"]["value"]
        assert row["difference"]["value"] == pytest.approx(gap)
        assert row["difference"]["low"] <= gap + 1e-12
        assert row["difference"]["high"] >= gap - 1e-12
    threshold, apart = rows["threshold"]["difference"], rows["threshold"]["reward"]
    assert threshold["high"] - threshold["low"] < 0.7 * (apart["high"] - apart["low"])


def test_values_of_each_run_and_objectives(folder):
    rows = rows_of(NAME, "--agent", *folder, *EPISODES)
    members = rows[AGENT]["members"]
    assert [each["folder"] for each in members] == folder
    assert members[0]["reward"] == members[1]["reward"] == rows[AGENT]["reward"]["value"]
    weights = scenarios.build(NAME, None, {}).params.weights
    total = sum(weights[k] * v for k, v in enumerate(rows["random"]["objectives"].values()))
    assert total == pytest.approx(rows["random"]["reward"]["value"])


def test_the_tables_show_differences_and_runs(folder):
    done = isac("evaluate", NAME, "--agent", *folder, *EPISODES, "--against", "safe", "--details")
    assert done.returncode == 0, done.stderr
    assert "minus safe" in done.stdout
    assert "Each run" in done.stdout
    assert "same episodes" in done.stdout


def test_an_unknown_rival_gives_a_hint(folder):
    message = refused("evaluate", NAME, *EPISODES, "--against", "sfae")
    assert "'sfae'" in message
    assert "'safe'" in message


WANDB = """
import json

LOG = []

class Run:
    def log(self, numbers, step): LOG.append(("log", step, sorted(numbers)))
    def finish(self): LOG.append(("finish",))

def init(**settings):
    if settings["project"] == "refused":
        raise RuntimeError("no account")
    LOG.append(("init", settings["project"], settings["config"]["seed"], settings["dir"]))
    return Run()
"""


def test_learning_curves_go_to_weights_and_biases(tmp_path, monkeypatch):
    (tmp_path / "wandb.py").write_text(WANDB)
    monkeypatch.syspath_prepend(tmp_path)
    arguments = ("--agent", "q_learning", "--steps", "60000", "--seeds", "2", "--jobs", "1")
    out = ("--episodes", "2", "--json", "--out", str(tmp_path / "runs"))
    done = isac("train", NAME, *arguments, *out, "--wandb", "radar")
    assert done.returncode == 0, done.stderr
    log = sys.modules.pop("wandb").LOG
    starts = [each for each in log if each[0] == "init"]
    assert [each[1:3] for each in starts] == [("radar", 0), ("radar", 1)]
    assert [each[3] for each in starts] == json.loads(done.stdout)["folders"]
    assert log.count(("finish",)) == 2
    sent = [each for each in log if each[0] == "log"]
    assert sent[0][1] == 0 and "eval/mean_reward" in sent[0][2]
    training = [each for each in sent if "rollout/ep_rew_mean" in each[2]]
    assert training[0][1] > 0 and "time/total_timesteps" in training[0][2]
    other = (*out[:-1], str(tmp_path / "other"), "--wandb", "refused")
    assert "no account" in refused("train", NAME, *arguments, *other)
    sys.modules.pop("wandb")


def test_weights_and_biases_is_asked_for_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("isac_agents.training.wandb_log.find_spec", lambda name: None)
    out = ("--out", str(tmp_path / "runs"))
    assert "pip install wandb" in refused("train", NAME, "--wandb", "p", *out)
    assert not (tmp_path / "runs").exists()
