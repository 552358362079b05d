"""Reports from run folders that were made up and from trained ones; damaged ones are left out."""

import functools
import json
import re
import shutil
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from command import NAME, isac, refused

from isac_agents.evaluation import results
from isac_agents.evaluation.cache import EvaluationCache
from isac_agents.evaluation.episodes import baseline, play
from isac_agents.evaluation.results import Entry, Key, Result
from isac_agents.report.collect import Agent, World, collect, find
from isac_agents.report.study import Study, front, mean_curve
from isac_agents.runs.command import command
from isac_agents.runs.record import read_record, sha256, write_record
from isac_agents.training.plan import plan_jobs
from isac_envs.scenarios import build

EPISODES = 6
LEARNERS = ("stable_baselines3:A2C", "stable_baselines3:DQN", "odd_learners:Constant")
POLICIES = dict(zip(LEARNERS, ("threshold", "myopic", "always_radar"), strict=True))


@functools.cache
def world(scenario):
    return build(NAME, scenario, {})


@functools.cache
def of_baselines(model):
    return EvaluationCache(model, EPISODES).baselines()


@functools.cache
def of_policy(model, policy):
    return Result.of(play(baseline(model, policy), model, EPISODES), model)


def make_up(root, scenario, agent, seeds):
    """Write run folders as a training and an evaluation do, the results those of a baseline."""
    hyper = {"policy": "MlpPolicy"} if "stable" in agent else {}
    jobs = plan_jobs(
        NAME, agent, scenario=scenario, seeds=range(seeds), steps=400, out=root,
        hyper_parameters=hyper,
    )  # fmt: skip
    model = world(scenario)
    for job in jobs:
        job.folder.mkdir(parents=True)
        (job.folder / "weights.npz").write_bytes(agent.encode() + bytes([job.record.seed]))
        digest = sha256(job.folder / "weights.npz")
        changed = {"status": "finished", "cpu_seconds": 1.5, "weights_sha256": digest}
        write_record(job.folder, job.record.model_copy(update=changed))
        result = of_policy(model, POLICIES[agent])
        shifted = tuple(reward - 0.01 * job.record.seed for reward in result.reward)
        entry = Entry(
            key=Key.of(model, EPISODES, 10**9, digest),
            agent=result.model_copy(update={"reward": shifted}),
            baselines=of_baselines(model),
        )
        results.write(job.folder, entry)
        rows = [f"{steps},{-4 * 400 + 6 * steps},400" for steps in (100, 200, 400)]
        head = "time/total_timesteps,rollout/ep_rew_mean,rollout/ep_len_mean"
        (job.folder / "progress.csv").write_text("\n".join([head, *rows]) + "\n")
    return [job.folder for job in jobs]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("made") / "runs"
    for scenario in ("highway", "hieu2020"):
        for agent in LEARNERS[:2]:
            make_up(root, scenario, agent, 3)
    make_up(root, "highway", LEARNERS[2], 1)
    return root


def study(runs):
    warnings = []
    made = Study(tuple(collect(find([runs]), None, warnings.append)))
    return made, warnings


class Checker(HTMLParser):
    """Collects ids, references and open elements."""

    void = ("meta", "br", "img", "link")

    def __init__(self):
        super().__init__()
        self.ids, self.open, self.outside = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href") and not value.startswith("#"):
                self.outside.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.void:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_nothing_else(runs, tmp_path):
    page, text = tmp_path / "report.html", tmp_path / "report.md"
    done = isac("report", str(runs), "--out", str(page), "--markdown", str(text))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    html = page.read_text()
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    assert checker.outside == []
    assert not re.search(r"<script|<link|@import|url\(['\"]?http", html)
    assert html.count("<svg") == 3 + 2 * 2  # overall, profiles, pairs; curves and front of each
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(checker.ids)
    for agent in LEARNERS:
        assert agent in html
        assert agent in text.read_text()
    assert f"isac train {NAME} --agent stable_baselines3:A2C --scenario highway" in html
    assert read_record(find([runs])[0]).scenario_hash in html


def test_the_same_runs_make_the_same_page(runs, tmp_path):
    pages = [tmp_path / name for name in ("one.html", "two.html")]
    for page in pages:
        assert isac("report", str(runs), "--out", str(page)).returncode == 0
    assert pages[0].read_text() == pages[1].read_text()


def test_markdown_tables_have_a_cell_for_each_column(runs, tmp_path):
    text = tmp_path / "report.md"
    out = ("--out", str(tmp_path / "r.html"), "--markdown", str(text))
    assert isac("report", str(runs), *out).returncode == 0
    blocks = re.findall(r"(?:^\|.*\n)+", text.read_text(), flags=re.MULTILINE)
    assert len(blocks) == 2 + 2 * 3
    for block in blocks:
        assert len({line.count(" | ") for line in block.splitlines()}) == 1


def test_numbers_are_those_of_the_kept_results(runs):
    made, warnings = study(runs)
    assert warnings == []
    overall = {each.name: each for each in made.overall()}
    assert [overall[name].scenarios for name in LEARNERS] == [2, 2, 1]
    assert [overall[name].runs for name in LEARNERS] == [6, 6, 1]
    world = next(each for each in made.worlds if each.title.endswith("highway"))
    rows = {row.name: row for row in world.comparison.rows}
    assert rows[LEARNERS[2]].reward == rows["always_radar"].reward
    first = next(a for a in world.agents if a.name == LEARNERS[0])
    floor, top = rows["random"].reward.value, rows["optimum"].reward.value
    expected = (rows["threshold"].reward.value - floor) / (top - floor)
    assert first.scores[0] == pytest.approx(expected)
    assert np.diff(first.scores) == pytest.approx(-0.01 / (top - floor))
    pair = next(p for p in made.pairs() if {p.better, p.worse} == set(LEARNERS[:2]))
    assert pair.scenarios == 2
    assert 0.5 <= pair.probability.value <= 1.0


def test_curves_are_normalised_and_interpolated(runs):
    made, _ = study(runs)
    world = made.worlds[0]
    rows = {row.name: row for row in world.comparison.rows}
    floor, top = rows["random"].reward.value, rows["optimum"].reward.value
    steps, curve = mean_curve(world.agents[0])
    assert (steps[0], steps[-1]) == (100, 400)
    reward = (-4 * 400 + 6 * steps) / 400
    np.testing.assert_allclose(curve.value, (reward - floor) / (top - floor))
    np.testing.assert_allclose(curve.low, curve.high)  # all runs have the same curve


def test_evaluations_are_drawn_where_a_run_has_them(runs, tmp_path):
    root = shutil.copytree(runs / "ModeSelect-v0-highway", tmp_path / "runs")
    made, _ = study(root)
    before = {each.name: each for each in made.worlds[0].agents}
    assert not any(curve.greedy for each in before.values() for curve in each.curves)
    path = root / "stable_baselines3.A2C" / "seed_0" / "progress.csv"
    rows = [f"{steps},,{400 * value}" for steps, value in ((0, -3.0), (200, -1.0), (400, 0.5))]
    rows.insert(1, "100,-1600,")
    path.write_text("time/total_timesteps,rollout/ep_rew_mean,eval/mean_reward\n" + "\n".join(rows))
    made, warnings = study(root)
    assert warnings == []
    agent = next(each for each in made.worlds[0].agents if each.name == LEARNERS[0])
    (curve,) = agent.shown_curves  # the other two runs have none
    assert curve.greedy
    assert curve.steps.tolist() == [0, 200, 400]
    rows = {row.name: row for row in made.worlds[0].comparison.rows}
    floor, top = rows["random"].reward.value, rows["optimum"].reward.value
    np.testing.assert_allclose(curve.scores, (np.array([-3.0, -1.0, 0.5]) - floor) / (top - floor))
    page = tmp_path / "report.html"
    assert isac("report", str(root), "--out", str(page)).returncode == 0
    html = page.read_text()
    assert f"{LEARNERS[0]} (1)<" in html
    assert f"{LEARNERS[1]} (3), exploring<" in html


def test_a_front_holds_what_nothing_dominates():
    points = np.array([[0.0, 3.0], [1.0, 1.0], [2.0, 2.0], [3.0, 0.0], [2.0, 2.0], [3.0, -1.0]])
    assert front(points).tolist() == [True, False, True, True, True, False]


def test_the_command_trains_the_same_again(runs):
    records = [read_record(each) for each in find([runs / "ModeSelect-v0-highway"])]
    mine = [each for each in records if each.agent == LEARNERS[0]]
    words = command(mine).split()
    assert words[:3] == ["isac", "train", NAME]
    assert words[words.index("--hyper") + 1] == "policy=MlpPolicy"
    assert words[words.index("--seeds") + 1] == "3"
    assert "--parameters" not in words
    changed = mine[0].model_copy(update={"parameters": {**mine[0].parameters, "event_fast": 0.3}})
    assert "--parameters event_fast=0.3" in command([changed])
    assert command([mine[0], mine[2]]).endswith("(and seeds 2)")


def test_damaged_folders_are_named_and_left_out(runs, tmp_path):
    root = shutil.copytree(runs / "ModeSelect-v0-highway", tmp_path / "runs")
    broken = {
        "stable_baselines3.A2C/seed_0/run.toml": "not a TOML file",
        "stable_baselines3.A2C/seed_1/weights.npz": "not the weights",
        "stable_baselines3.DQN/seed_0/progress.csv": "no learning curve",
    }
    for name in broken:
        (root / name).write_bytes(b"\xff\x00 = [")
    record = read_record(root / "stable_baselines3.DQN" / "seed_1")
    running = record.model_copy(update={"status": "running"})
    write_record(root / "stable_baselines3.DQN" / "seed_1", running)
    page = tmp_path / "report.html"
    done = isac("report", str(root), "--out", str(page))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("isac: warning:") == 4
    for reason in (*broken.values(), "not finished"):
        assert reason in done.stderr
        assert reason in page.read_text()


def test_a_damaged_evaluation_is_measured_again(tmp_path):
    out = ("--out", str(tmp_path), "--episodes", "4", "--json")
    trained = isac("train", NAME, "--agent", LEARNERS[2], "--steps", "20", *out)
    assert trained.returncode == 0, trained.stderr
    (folder,) = json.loads(trained.stdout)["folders"]
    kept = next(tmp_path.rglob("evaluation.json"))
    before = kept.read_text()
    kept.write_text(before[: len(before) // 2])
    again = isac("evaluate", folder, "--episodes", "4")
    assert again.returncode == 0, again.stderr
    assert kept.read_text() == before


def test_missing_packages_are_named_with_their_extra(runs, tmp_path, monkeypatch):
    for package in ("matplotlib", "jinja2"):
        monkeypatch.setitem(sys.modules, package, None)
        message = refused("report", str(runs), "--out", str(tmp_path / "report.html"))
        assert "isac-envs[report]" in message
    assert not list(tmp_path.iterdir())


def test_places_without_runs_are_refused(tmp_path):
    assert "no run folder" in refused("report", str(tmp_path))
    assert "no such folder" in refused("report", str(tmp_path / "nothing"))
    assert "folders" in refused("report")
    assert "episodes is 1" in refused("report", str(tmp_path), "--episodes", "1")


def test_trained_runs_are_reported_without_playing_twice(tmp_path, monkeypatch):
    arguments = ("--agent", "q_learning", "--steps", "200000", "--seeds", "2", "--jobs", "1")
    out = ("--out", str(tmp_path / "runs"), "--episodes", "5", "--json")
    trained = isac("train", NAME, *arguments, *out)
    assert trained.returncode == 0, trained.stderr
    monkeypatch.setattr("isac_agents.evaluation.cache.play", None)  # a replay would fail
    page = tmp_path / "report.html"
    done = isac("report", str(tmp_path / "runs"), "--out", str(page))
    assert done.returncode == 0, done.stderr
    assert "5 held-out episodes" in page.read_text()
    assert "Learning curves" in page.read_text()


def test_scores_that_are_rewards_do_not_mix_with_normalised_ones():
    def world(bound, **scores):
        agents = tuple(Agent(name, (), np.array(each), ()) for name, each in scores.items())
        return World("", SimpleNamespace(reference_baseline=bound), None, agents)

    bounded, rewards = world("optimum", a=[0.5, 0.7]), world(None, a=[-800.0], b=[-900.0])
    (found,) = Study((rewards, bounded)).overall()
    assert (found.name, found.scenarios, found.score.value) == ("a", 1, pytest.approx(0.6))
    alone = Study((rewards,)).overall()
    assert [(each.name, each.score.value) for each in alone] == [("a", -800.0), ("b", -900.0)]
