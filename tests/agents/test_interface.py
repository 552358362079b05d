"""How an agent sees and acts: chosen by presets, recorded, and apart from the world it plays in."""

import numpy as np
import pytest
from toy.signals import Signals, SignalsParams

from isac_agents import registry
from isac_agents.evaluation.comparison import Candidate, compare
from isac_agents.evaluation.policy_sources import gather
from isac_agents.registry import AgentSpec, preset
from isac_agents.runs.learners import load
from isac_agents.training.interface import choose_interface, misfit
from isac_agents.training.plan import plan_jobs
from isac_agents.training.train_jobs import train
from isac_envs import scenarios
from isac_envs.declaration.params import EnvParams, parameter
from isac_envs.errors import IsacError

ENVIRONMENT = "isac/ModeSelect-v0"
FILE = """
environment = "isac/ModeSelect-v0"
name = "with_presets"
summary = "Presets that choose an interface."
source = "Made up for the tests."

[agents.ppo]
steps = 1024
num_envs = 8
n_steps = 16
batch_size = 128
n_epochs = 1
environment = {observation = "bits"}

[agents.a2c]
environment = {horizon = 5}

[agents.ddqn]
environment = {observation = "no such form"}
"""


@pytest.fixture
def scenario(tmp_path):
    """Return the path of a scenario file with presets."""
    path = tmp_path / "with_presets.toml"
    path.write_text(FILE)
    return str(path)


def test_a_flag_makes_a_parameter_part_of_the_interface():
    class Remembering(EnvParams):
        observation: int = parameter(0, "Form.")
        history: int = parameter(4, "Length of the history.", interface=True)
        speed: float = parameter(1.0, "Of the world.")

    assert Remembering.interface_names() == ("observation", "history")
    assert EnvParams.interface_names() == ()


def test_presets_add_to_what_an_agent_needs():
    plain = AgentSpec("some:Agent", environment={"observation": "index"})
    changed = plain.with_preset({"environment": {"action": "index"}, "size": 3})
    assert changed.environment == {"observation": "index", "action": "index"}
    assert changed.hyper_parameters == {"size": 3}
    with pytest.raises(IsacError, match="environment is 3, must be a table"):
        plain.with_preset({"environment": 3})


def test_the_record_holds_the_world_and_the_interface(scenario, tmp_path):
    (job,) = plan_jobs(ENVIRONMENT, "ppo", scenario=scenario, out=tmp_path)
    assert job.record.interface == {"observation": "bits"}
    assert job.record.world().params.observation == "vector"
    assert job.record.model().params.observation == "bits"
    assert job.record.scenario_hash == scenarios.load(ENVIRONMENT, scenario).hash


def test_a_user_s_parameter_wins_over_a_preset(scenario, tmp_path):
    given = {"observation": "vector"}
    (job,) = plan_jobs(ENVIRONMENT, "ppo", scenario=scenario, overrides=given, out=tmp_path)
    assert job.record.interface == {}


def test_a_preset_may_not_change_the_world(scenario, tmp_path):
    with pytest.raises(IsacError, match=r"a2c: 'horizon' is not a parameter.*observation"):
        plan_jobs(ENVIRONMENT, "a2c", scenario=scenario, out=tmp_path)


def test_a_form_that_does_not_exist_is_refused(scenario, tmp_path):
    with pytest.raises(IsacError, match=r"observation = 'no such form', which .* does not offer"):
        plan_jobs(ENVIRONMENT, "ddqn", scenario=scenario, out=tmp_path)


def test_presets_of_all_scenarios_choose_a_valid_interface():
    from isac_envs.catalog import OWN

    for environment in OWN:
        for name in scenarios.names(environment):
            loaded = scenarios.load(environment, name, ignore_reference=True)
            model = scenarios.model_class(environment)(loaded.parameters)
            for agent in loaded.agents:
                choose_interface(agent, preset(agent, loaded.agents), model, {})


def test_trained_agents_and_baselines_meet_the_same_episodes(scenario, tmp_path):
    (job,) = plan_jobs(ENVIRONMENT, "ppo", scenario=scenario, out=tmp_path)
    train(job)
    world = job.record.world()
    rows = gather([str(job.folder)], world)
    assert rows["ppo"][0].model.params.observation == "bits"

    class AlwaysRadar:
        def predict(self, observation, state=None, episode_start=None, deterministic=True):
            return np.ones(len(observation), int), state

    seen = world.with_parameters({"observation": "bits"})
    rows["own"] = [Candidate.trained(seen, AlwaysRadar())]
    found = {row.name: row for row in compare(world, rows, 20).rows}
    assert found["own"].reward == found["always_radar"].reward
    assert load(job.folder)[0].interface == {"observation": "bits"}


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("sac", "its actions are discrete, and it needs box"),
        ("td3", "its actions are discrete"),
        ("tqc", "its actions are discrete"),
        ("maskable_ppo", "it needs action masks"),
    ],
)
def test_agents_that_do_not_fit_are_refused_with_those_that_do(agent, reason, tmp_path):
    with pytest.raises(IsacError) as error:
        plan_jobs(ENVIRONMENT, agent, out=tmp_path)
    assert reason in str(error.value)
    able = (
        "q_learning, dqn, ddqn, dueling_ddqn, ppo, entity_ppo, rollout_iteration, a2c, c51, rainbow"
    )
    assert f"agents that can: {able}" in str(error.value)
    assert agent not in str(error.value).partition("agents that can")[2]
    assert "\n" not in str(error.value)


def test_a_missing_form_makes_an_agent_unfit():
    model = Signals(SignalsParams())
    assert "observation = 'index'" in misfit(registry.AGENTS["q_learning"], model)
    assert not misfit(registry.AGENTS["maskable_ppo"], model)
