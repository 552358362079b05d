"""Agents by name: where their classes stand and what they are trained with. Strings only.

A package of your own adds agents under the entry-point group ``isac_agents.agents``; an entry
points at a class or at an :class:`AgentSpec`. ``"module:Class"`` works everywhere a name does.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from isac_envs.catalog import load_class
from isac_envs.errors import IsacError, UnknownNameError, hint

GROUP = "isac_agents.agents"
OPTIONAL = ("torch", "stable_baselines3")


@dataclass(frozen=True)
class AgentSpec:
    """An agent and how it is trained by default.

    Attributes:
        path: ``"module:Class"``.
        copies: Copies of the environment to train on.
        steps: Steps of the environment to train for, summed over the copies.
        hyper_parameters: Keyword arguments of the class.
        environment: Parameters that the environment must have for this agent.
    """

    path: str
    copies: int = 64
    steps: int = 200_000
    hyper_parameters: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)

    def with_preset(self, preset: Mapping[str, Any]) -> "AgentSpec":
        """Return the agent with ``steps``, ``copies`` and hyper-parameters of a preset."""
        chosen = {**self.hyper_parameters, **preset}
        steps, copies = chosen.pop("steps", self.steps), chosen.pop("copies", self.copies)
        for name, value in (("steps", steps), ("copies", copies)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise IsacError(f"{self.path}: {name} is {value!r}, must be a positive integer")
        return replace(self, steps=steps, copies=copies, hyper_parameters=chosen)


_NETWORK = {"policy": "MlpPolicy", "policy_kwargs": {"net_arch": [64, 64]}, "device": "cpu"}
_DEEP_Q = {
    **_NETWORK,
    "learning_rate": 1e-3,
    "final_learning_rate": 1e-5,
    "buffer_size": 200_000,
    "learning_starts": 2_000,
    "batch_size": 512,
    "gamma": 0.97,
    "train_freq": 1,
    "gradient_steps": 4,
    "tau": 0.02,
    "target_update_interval": 64,
    "exploration_fraction": 0.8,
    "exploration_final_eps": 0.2,
}
_DOUBLE_DQN = "isac_agents.algorithms.double_dqn:DoubleDQN"

AGENTS: dict[str, AgentSpec] = {
    "q_learning": AgentSpec(
        "isac_agents.algorithms.q_learning:QLearning",
        steps=1_000_000,
        hyper_parameters={
            "policy": "TablePolicy",
            "learning_rate": 1.0,
            "visit_exponent": 0.8,
            "gamma": 0.97,
            "exploration_final_eps": 0.3,
        },
        environment={"observation": "index"},
    ),
    "dqn": AgentSpec(_DOUBLE_DQN, hyper_parameters={**_DEEP_Q, "double": False}),
    "ddqn": AgentSpec(_DOUBLE_DQN, hyper_parameters=_DEEP_Q),
    "dueling_ddqn": AgentSpec(_DOUBLE_DQN, hyper_parameters={**_DEEP_Q, "policy": "DuelingPolicy"}),
    "ppo": AgentSpec(
        "stable_baselines3:PPO",
        hyper_parameters={
            **_NETWORK,
            "learning_rate": 1e-3,
            "n_steps": 64,
            "batch_size": 512,
            "n_epochs": 10,
            "gamma": 0.97,
            "gae_lambda": 0.9,
            "ent_coef": 0.01,
        },
    ),
}
"""The agents of this package; tuned settings stand in the scenarios' files."""


def names() -> list[str]:
    """Return the names of all agents, those of other packages last."""
    return [*AGENTS, *sorted(_entries().keys() - AGENTS.keys())]


def preset(name: str, presets: Mapping[str, Mapping[str, Any]] | None = None) -> AgentSpec:
    """Return an agent by name.

    Args:
        name: A name of :func:`names`, or ``"module:Class"``.
        presets: What to replace, by agent, such as :attr:`isac_envs.scenarios.Scenario.agents`.

    Raises:
        UnknownNameError: If the name is unknown; the message holds the nearest one.
    """
    replaced = (presets or {}).get(name, {})
    if ":" in name:
        return AgentSpec(name).with_preset(replaced)
    if name in AGENTS:
        return AGENTS[name].with_preset(replaced)
    entry = _entries().get(name)
    if entry is None:
        raise UnknownNameError("agent", name, names())
    loaded = _load(entry.value)
    found = loaded if isinstance(loaded, AgentSpec) else AgentSpec(entry.value)
    return found.with_preset(replaced)


def resolve(name: str) -> Any:
    """Return the class of an agent.

    Raises:
        UnknownNameError: If the name is unknown; the message holds the nearest one.
        IsacError: If nothing stands there, or a package that it needs is not installed.
    """
    return _load(preset(name).path)


def create(agent: AgentSpec, env: Any, seed: int | None = None, **hyper_parameters: Any) -> Any:
    """Return a new learner.

    Args:
        agent: From :func:`preset`.
        env: What it learns on, with the parameters of ``agent.environment``.
        seed: Seed of the learner and of the environment; None for fresh entropy.
        **hyper_parameters: Replace the agent's.

    Raises:
        IsacError: If the class has no argument of a name; the message holds the nearest.
    """
    check(agent, hyper_parameters)
    chosen = {**agent.hyper_parameters, **hyper_parameters}
    return _load(agent.path)(env=env, seed=seed, **chosen)


def check(agent: AgentSpec, hyper_parameters: Mapping[str, Any]) -> None:
    """Check that an agent can be made with its own and further hyper-parameters.

    Raises:
        IsacError: If a package is missing or the class has no argument of a name.
    """
    valid = _arguments(_load(agent.path))
    for name in (*agent.hyper_parameters, *hyper_parameters):
        if valid is not None and name not in valid:
            raise IsacError(f"{agent.path} has no hyper-parameter {name!r}{hint(name, valid)}")


def _entries() -> dict[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=GROUP)}


def _load(path: str) -> Any:
    try:
        return load_class(path)
    except IsacError as error:
        missing = getattr(error.__cause__, "name", None) or ""
        if isinstance(error.__cause__, ImportError) and missing.split(".")[0] in OPTIONAL:
            raise IsacError(f'{path} needs {missing}: pip install "isac-envs[agents]"') from error
        raise


def _arguments(learner: Any) -> set[str] | None:
    """Return the keyword arguments of a class, through ``**`` up its bases; None if any goes."""
    found: set[str] = set()
    for base in inspect.getmro(learner):
        if "__init__" not in vars(base):
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        found |= {each.name for each in parameters if each.kind != each.VAR_KEYWORD}
        if not any(each.kind == each.VAR_KEYWORD for each in parameters):
            return {name for name in found - {"self"} if not name.startswith("_")}
    return None
