"""Scenario files and overrides: the valid ones work, the others fail with a useful message."""

from pathlib import Path
from typing import Any

import gymnasium
import harness
import pytest
from harness import bind, random_actions, same

from isac_envs import scenarios
from isac_envs.catalog import ENVIRONMENTS, Entry, model_class
from isac_envs.core.env import Env
from isac_envs.core.parallel_env import ParallelEnv
from isac_envs.core.vector_env import VectorEnv
from isac_envs.errors import ScenarioError, UnknownNameError

ENVIRONMENT = "isac/ModeSelect-v0"
HEAD = f"""
environment = "{ENVIRONMENT}"
name = "mine"
summary = "A file of a user."
source = "None."
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Return a function that writes a scenario file and gives its path."""

    def write_file(content: str | bytes, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


def test_every_file_validates(scenario: tuple[str, str]) -> None:
    env_id, name = scenario
    file = scenarios.path(env_id, name)
    loaded = scenarios.validate(file)
    assert (loaded.environment, loaded.name, file.stem) == (env_id, name, name)
    assert loaded.summary
    assert loaded.source
    assert loaded == scenarios.load(env_id, name)


def test_every_file_belongs_to_a_registered_environment() -> None:
    known = {path for name in harness.IDS for path in scenarios.folder(name).iterdir()}
    root = scenarios.folder(harness.IDS[0]).parent
    known |= {path for path in (root / "traces").iterdir() if path.is_file()}
    assert {path for path in root.rglob("*") if path.is_file()} == known


def test_listing(env_id: str) -> None:
    everything = scenarios.list()
    assert everything.keys() == ENVIRONMENTS.keys()
    assert scenarios.list(env_id) == {env_id: everything[env_id]}
    assert everything[env_id][0] == model_class(env_id).default_scenario
    assert len(set(everything[env_id])) == len(everything[env_id])


def test_the_default_scenario_is_the_default(env_id: str) -> None:
    default = model_class(env_id).default_scenario
    assert scenarios.load(env_id) == scenarios.load(env_id, default)
    assert bind(env_id).params == bind(env_id, default).params


def test_the_default_scenario_has_the_declared_defaults(env_id: str) -> None:
    assert scenarios.load(env_id).parameters == model_class(env_id).params_type()


def test_hash_ignores_comments_order_and_names(write: Any) -> None:
    first = write(f"{HEAD}[parameters]\nhorizon = 7\nevent_fast = 0.25\n")
    other_head = "# note\n" + HEAD.replace("None.", "Another.").replace('"mine"', '"yours"')
    second = write(f"{other_head}[parameters]\nevent_fast = 2.5e-1 # same\nhorizon = 7\n", "b.toml")
    assert scenarios.validate(first).hash == scenarios.validate(second).hash


def test_hash_of_written_defaults_is_the_hash_of_left_out_ones(write: Any) -> None:
    params = model_class(ENVIRONMENT).params_type()
    explicit = write(f"{HEAD}[parameters]\nhorizon = {params.horizon}\n")
    assert scenarios.validate(explicit).hash == scenarios.validate(write(HEAD, "b.toml")).hash


def different(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return (*value[:-1], different(value[-1])) if value else (1.0,)
    return value + "x" if isinstance(value, str) else value + 1


def test_hash_depends_on_every_parameter(env_id: str, tmp_path: Path) -> None:
    params = scenarios.load(env_id).parameters
    before = scenarios.content_hash(env_id, params)
    (tmp_path / "content").write_text("of a file")
    for name in type(params).model_fields:
        value = different(getattr(params, name))
        if name in type(params).file_names():
            value = str(tmp_path / "content")
        changed = params.model_copy(update={name: value})
        assert scenarios.content_hash(env_id, changed) != before, name


def test_hash_depends_on_the_environment() -> None:
    params = scenarios.load(ENVIRONMENT).parameters
    assert scenarios.content_hash("a/B-v0", params) != scenarios.content_hash("a/B-v1", params)


def test_a_file_of_the_user_works_everywhere(write: Any) -> None:
    path = str(write(f"{HEAD}[parameters]\nhorizon = 7\nevent_fast = 1\n"))
    made = [
        gymnasium.make(ENVIRONMENT, scenario=path).unwrapped,
        gymnasium.make_vec(ENVIRONMENT, num_envs=2, scenario=path).unwrapped,
        *(form(ENVIRONMENT, scenario=path) for form in (Env, ParallelEnv)),
        VectorEnv(ENVIRONMENT, 2, scenario=path),
    ]
    for env in made:
        assert (env.model.params.horizon, env.model.params.event_fast) == (7, 1.0)


def test_a_relative_path_works(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(f"{HEAD}[parameters]\nhorizon = 7\n").parent)
    assert scenarios.load(ENVIRONMENT, "mine.toml").parameters.horizon == 7


def test_a_file_may_hold_presets_scores_and_defects(write: Any) -> None:
    content = (
        f"defects = ['one']\n{HEAD}[agents.ddqn]\nlearning_rate = 1e-3\n[reference]\nunit = 'u'\n"
        "scenario_hash = 'h'\n[reference.scores]\n"
        "a = {reward = 1.0, half_width = 0.0, method = 'exact'}\n"
    )
    with pytest.raises(ScenarioError, match="measured with other parameters"):
        scenarios.validate(write(content))
    loaded = scenarios.validate(write(content), ignore_reference=True)
    assert loaded.agents == {"ddqn": {"learning_rate": 1e-3}}
    assert loaded.defects == ("one",)
    assert loaded.reference is not None
    assert loaded.reference.scores["a"].reward == 1.0
    assert loaded.hash == scenarios.validate(write(HEAD, "b.toml")).hash


def test_overrides_win_over_the_scenario() -> None:
    storm = gymnasium.make(ENVIRONMENT, scenario="storm").unwrapped.model.params
    changed = gymnasium.make(ENVIRONMENT, scenario="storm", event_fast=0.11).unwrapped.model.params
    assert storm.event_fast != 0.11
    assert changed == storm.model_copy(update={"event_fast": 0.11})


def test_an_override_equals_the_same_line_in_a_file(write: Any) -> None:
    path = str(write(f"{HEAD}[parameters]\nevent_fast = 0.11\n"))
    first, second = Env(ENVIRONMENT, scenario=path), Env(ENVIRONMENT, event_fast=0.11)
    actions = random_actions(first.action_space, 50)
    assert same(harness.play(first, actions, seed=1), harness.play(second, actions, seed=1))


@pytest.mark.parametrize("name", ["strom", "STORM", "storm2"])
def test_an_unknown_scenario_names_the_nearest(name: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"{ENVIRONMENT}.*'{name}'.*'storm'"):
        gymnasium.make(ENVIRONMENT, scenario=name)


def test_a_far_off_scenario_lists_the_valid_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"highway.*hieu2020.*storm|hieu2020.*highway"):
        scenarios.load(ENVIRONMENT, "xyzzy")


def test_an_unknown_environment_names_the_nearest() -> None:
    for call in (scenarios.load, scenarios.list, Env, ParallelEnv, VectorEnv):
        with pytest.raises(UnknownNameError, match=r"isac/ModeSelct-v0.*'isac/ModeSelect-v0'"):
            call("isac/ModeSelct-v0")


@pytest.mark.parametrize("path", ["nowhere:Model", "toy.model:Nothing", "toy.model:", ":Rovers"])
def test_a_model_that_does_not_exist_is_named(path: str) -> None:
    with pytest.raises(ValueError, match=path):
        Env(path)


def test_a_bound_model_takes_no_overrides() -> None:
    with pytest.raises(ScenarioError, match="bound model"):
        Env(bind("rovers"), wind_m=0.1)


def test_the_wrong_environment_is_refused(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENTS, "toy/Rovers-v0", Entry("toy.model:Rovers"))
    path = str(write(HEAD.replace(ENVIRONMENT, "toy/Rovers-v0")))
    with pytest.raises(ScenarioError, match=rf"{path}.*toy/Rovers-v0.*{ENVIRONMENT}"):
        Env(ENVIRONMENT, scenario=path)
