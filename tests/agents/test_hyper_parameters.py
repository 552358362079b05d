"""Hyper-parameters are refused for what is wrong with them, before anything is on disk."""

import math

import pytest
from command import NAME, refused
from hypothesis import given
from hypothesis import strategies as st

from isac_agents import registry
from isac_agents.algorithms.hyper_parameters import ALIASES, RANGES, Interval, arguments, checked
from isac_envs import scenarios
from isac_envs.catalog import OWN
from isac_envs.errors import IsacError

AGENTS = list(registry.AGENTS)
NAMES = {agent: arguments(registry.resolve(agent)) for agent in AGENTS}
ALL = {name for names in NAMES.values() for name in names}


def settings(agent, **changes):
    return registry.settings(registry.preset(agent), changes)


@pytest.mark.parametrize("agent", AGENTS)
def test_presets_are_valid_in_every_scenario(agent):
    settings(agent)
    for environment in OWN:
        for name in scenarios.names(environment):
            presets = scenarios.load(environment, name).agents
            registry.settings(registry.preset(agent, presets), {})


@pytest.mark.parametrize("agent", AGENTS)
def test_no_hyper_parameter_takes_what_is_not_finite(agent):
    for name in NAMES[agent]:
        for value in (math.nan, math.inf, -math.inf):
            for given_value in (value, [1.0, value], {"within": value}, {"within": [value]}):
                with pytest.raises(IsacError, match=name):
                    settings(agent, **{name: given_value})


# What makes no sense for any learner, by the meaning of the name in the literature.
SENSELESS = {
    "learning_rate": (0, -1e-3), "critic_learning_rate": (0, -1), "actor_learning_rate": (0, -1),
    "final_learning_rate": (-1e-9,), "gamma": (-0.1, 1.5, 1.0000001), "gae_lambda": (-0.1, 1.1),
    "tau": (-0.1, 0, 1.5), "batch_size": (0, -1, 1.5), "buffer_size": (0, -1, 0.5, 1e30),
    "n_steps": (0, -1, 2.5), "n_epochs": (0, -1), "train_freq": (0, -1), "gradient_steps": (0, -2),
    "learning_starts": (-1,), "target_update_interval": (0, -1), "clip_range": (0, -0.1, 2),
    "exploration_fraction": (0, -0.1, 1.5), "exploration_initial_eps": (-0.1, 1.1),
    "exploration_final_eps": (-0.1, 1.1), "noise_fraction": (-0.1, 1.1), "noise_std": (-0.1,),
    "ent_coef": (-0.1,), "vf_coef": (-0.1,), "max_grad_norm": (0, -1), "n_atoms": (0, 1, -5),
    "reward_scale": (0, -1), "k": (0, -1), "policy_delay": (0, -1), "target_kl": (0, -1),
    "actors": (-1,), "epochs": (0,), "rounds": (0,), "hidden": (0,), "visit_exponent": (-1, 2),
}  # fmt: skip


@pytest.mark.parametrize("agent", AGENTS)
def test_senseless_numbers_are_refused_with_name_and_value(agent):
    for name in NAMES[agent].keys() & SENSELESS.keys():
        for value in SENSELESS[name]:
            with pytest.raises(IsacError, match=f"^{name} is .*, must be "):
                settings(agent, **{name: value})


def test_every_range_belongs_to_a_hyper_parameter():
    nested = {
        "net_arch", "n_quantiles", "n_critics", "lstm_hidden_size", "n_lstm_layers", "width",
        "given",
    }  # fmt: skip
    assert RANGES.keys() - nested == RANGES.keys() & ALL
    assert {*ALIASES.values()} <= ALL


@pytest.mark.parametrize("agent", AGENTS)
def test_a_word_where_a_number_belongs_is_told_what_is_valid(agent):
    words = {"policy", "device", "tensorboard_log", "actor_backend", "teacher"}
    words |= {"ent_coef", "target_entropy"} if agent in ("sac", "tqc") else set()
    for name in NAMES[agent]:
        if name in words:
            assert settings(agent, **{name: "abc"})[name] == "abc"
            continue
        with pytest.raises(IsacError, match=f"^{name} is 'abc', must be "):
            settings(agent, **{name: "abc"})


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("lr", "learning_rate"), ("discount", "gamma"), ("minibatch_size", "batch_size"),
     ("learning_rte", "learning_rate"), ("net_arch", "policy_kwargs"), ("polyak", "tau")],
)  # fmt: skip
def test_other_names_are_hinted_at(wrong, right):
    with pytest.raises(IsacError, match=f"{wrong}.*did you mean '{right}'"):
        settings("ddqn", **{wrong: 0.1})


@pytest.mark.parametrize("name", ["seed", "env", "steps"])
def test_what_other_options_say_is_no_hyper_parameter(name):
    with pytest.raises(IsacError, match="not a hyper-parameter"):
        settings("ddqn", **{name: 1})


def test_integers_with_an_exponent_are_integers():
    found = settings("ppo", batch_size=1e3, learning_rate=1, policy_kwargs={"net_arch": [8]})
    assert type(found["batch_size"]) is int
    assert found["batch_size"] == 1000
    assert type(found["learning_rate"]) is int
    assert settings("sac", ent_coef="auto")["ent_coef"] == "auto"
    assert settings("ddqn", gradient_steps=-1)["gradient_steps"] == -1


@pytest.mark.parametrize(
    "network", [{"net_arch": [64, 0]}, {"net_arch": {"pi": [64], "vf": [-1]}}, {"net_arch": [0.5]}]
)
def test_networks_are_checked_inside(network):
    with pytest.raises(IsacError, match=r"policy_kwargs\.net_arch"):
        settings("ppo", policy_kwargs=network)


class Own:
    """Its names mean what it wants; its annotations count."""

    def __init__(self, env, seed=None, k: "int" = 0, gamma: float = 2.0, anything=None):
        pass


def test_a_class_of_another_kind_is_checked_by_its_signature_alone():
    assert checked("own", Own, {"k": 0, "gamma": 3.0, "anything": "x"})["k"] == 0
    for name, value in (("k", 0.5), ("k", True), ("gamma", "x"), ("anything", math.nan)):
        with pytest.raises(IsacError, match=f"{name} is "):
            checked("own", Own, {name: value})
    with pytest.raises(IsacError, match="not a class"):
        checked("own", len, {})


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e300, 10**19])
def test_integers_are_limited(value):
    with pytest.raises(IsacError, match=r"buffer_size is .*, must be"):
        settings("ddqn", buffer_size=value)


def test_what_no_text_can_say_is_told():
    with pytest.raises(IsacError, match="action_noise is 'x', must be an object made in"):
        settings("sac", action_noise="x")


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-3, 3), st.booleans())
def test_intervals(low, high, value, above):
    interval = Interval(low, high, above)
    assert interval.holds(value) == (low <= value <= high and not (above and value == low))


@pytest.mark.parametrize("text", ["learning_rate=nan", "gamma=1.5", "learning_rate=abc", "lr=0.1"])
@pytest.mark.parametrize("command", ["train", "sweep"])
def test_nothing_is_reserved_for_a_training_that_is_refused(command, text, tmp_path):
    message = refused(command, NAME, "--hyper", text, "--out", str(tmp_path / "runs"))
    assert text.partition("=")[0] in message
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("option", ["--jobs", "--seeds", "--steps", "--episodes"])
@pytest.mark.parametrize("value", ["0", "-1"])
def test_numbers_below_one_are_refused_and_not_read_as_left_out(option, value, tmp_path):
    message = refused("train", NAME, option, value, "--out", str(tmp_path / "runs"))
    assert f"{option[2:]} is {value}" in message
    assert not (tmp_path / "runs").exists()
