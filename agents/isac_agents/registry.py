"""Agents by name: where their classes are and how they are trained. Strings only.

Other packages add agents under the entry-point group ``isac_agents.agents``. An entry points at a
class or at an :class:`AgentSpec`. ``"module:Class"`` is accepted wherever a name is.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from isac_agents.algorithms import defaults
from isac_agents.algorithms.hyper_parameters import checked
from isac_agents.algorithms.search_spaces import SPACES, Space
from isac_agents.text import note
from isac_envs.catalog import load_class
from isac_envs.errors import IsacError, UnknownNameError

GROUP = "isac_agents.agents"
MOST_ENVS = 1 << 16
OPTIONAL = ("torch", "stable_baselines3", "sb3_contrib")


@dataclass(frozen=True)
class AgentSpec:
    """An agent and its training defaults.

    Attributes:
        path: ``"module:Class"``.
        num_envs: Number of environment copies to train on.
        steps: Training length in environment steps, summed over copies and agents.
        hyper_parameters: Keyword arguments of the class.
        environment: Interface parameters that the agent requires of the environment.
        actions: Kinds of actions that the agent supports.
        masks: Whether the agent requires action masks.
        search: Search space of ``isac sweep``; for agents of this package see
            :mod:`isac_agents.algorithms.search_spaces`.
    """

    path: str
    num_envs: int = 64
    steps: int = 200_000
    hyper_parameters: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    actions: tuple[str, ...] = ("discrete", "multi_discrete", "multi_binary", "box")
    masks: bool = False
    search: Space = field(default_factory=dict)

    def with_preset(self, preset: Mapping[str, Any]) -> "AgentSpec":
        """Apply a preset: hyper-parameters, steps, num_envs and environment.

        ``environment`` is a table of interface parameters, such as the form of the observation;
        :func:`isac_agents.training.interface.choose_interface` checks their names.
        """
        chosen = {**self.hyper_parameters, **preset}
        environment = chosen.pop("environment", {})
        if not isinstance(environment, Mapping):
            raise IsacError(f"{self.path}: environment is {environment!r}, must be a table")
        if "copies" in chosen:
            note("presets: rename copies to num_envs; the old name will be refused", once=True)
            chosen.setdefault("num_envs", chosen.pop("copies"))
        steps, num_envs = chosen.pop("steps", self.steps), chosen.pop("num_envs", self.num_envs)
        for name, value in (("steps", steps), ("num_envs", num_envs)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise IsacError(f"{self.path}: {name} is {value!r}, must be a positive integer")
        if num_envs > MOST_ENVS:
            raise IsacError(f"{self.path}: num_envs is {num_envs}, must be at most {MOST_ENVS}")
        merged = {**self.environment, **environment}
        return replace(
            self, steps=steps, num_envs=num_envs, hyper_parameters=chosen, environment=merged
        )


_DISCRETE = ("discrete",)
_DOUBLE_DQN = "isac_agents.algorithms.dqn.double_dqn:DoubleDQN"
_C51 = "isac_agents.algorithms.dqn.c51:C51"

AGENTS: dict[str, AgentSpec] = {
    "q_learning": AgentSpec(
        "isac_agents.algorithms.tabular.q_learning:QLearning",
        steps=1_000_000,
        hyper_parameters=defaults.TABLE,
        environment={"observation": "index"},
        actions=_DISCRETE,
    ),
    "dqn": AgentSpec(
        _DOUBLE_DQN, hyper_parameters={**defaults.DEEP_Q, "double": False}, actions=_DISCRETE
    ),
    "ddqn": AgentSpec(_DOUBLE_DQN, hyper_parameters=defaults.DEEP_Q, actions=_DISCRETE),
    "dueling_ddqn": AgentSpec(
        _DOUBLE_DQN,
        hyper_parameters={**defaults.DEEP_Q, "policy": "DuelingPolicy"},
        actions=_DISCRETE,
    ),
    "ppo": AgentSpec(
        "isac_agents.algorithms.ppo.ppo:Ppo",
        num_envs=512,
        steps=1_000_000,
        hyper_parameters=defaults.PPO,
    ),
    "entity_ppo": AgentSpec(
        "isac_agents.algorithms.ppo.entity_ppo:EntityPpo",
        num_envs=512,
        steps=1_000_000,
        hyper_parameters=defaults.ENTITIES,
        actions=("discrete", "multi_discrete", "box"),
    ),
    "rollout_iteration": AgentSpec(
        "isac_agents.algorithms.rollouts.rollout_iteration:RolloutIteration",
        steps=10_000_000,
        hyper_parameters=defaults.ROLLOUTS,
        actions=("discrete", "multi_discrete"),
    ),
    "a2c": AgentSpec("stable_baselines3:A2C", hyper_parameters=defaults.A2C),
    "sac": AgentSpec(
        "stable_baselines3:SAC", hyper_parameters=defaults.CONTINUOUS, actions=("box",)
    ),
    "td3": AgentSpec(
        "stable_baselines3:TD3", hyper_parameters=defaults.CONTINUOUS, actions=("box",)
    ),
    "d4pg": AgentSpec(
        "isac_agents.algorithms.d4pg.d4pg:D4PG", hyper_parameters=defaults.D4PG, actions=("box",)
    ),
    "tqc": AgentSpec("sb3_contrib:TQC", hyper_parameters=defaults.CONTINUOUS, actions=("box",)),
    "c51": AgentSpec(_C51, hyper_parameters=defaults.DISTRIBUTIONS, actions=_DISCRETE),
    "rainbow": AgentSpec(_C51, hyper_parameters=defaults.RAINBOW, actions=_DISCRETE),
    "qrdqn": AgentSpec("sb3_contrib:QRDQN", hyper_parameters=defaults.QUANTILES, actions=_DISCRETE),
    "wolpertinger": AgentSpec(
        "isac_agents.algorithms.wolpertinger.wolpertinger:Wolpertinger",
        hyper_parameters=defaults.WOLPERTINGER,
        actions=("discrete", "multi_discrete", "multi_binary"),
    ),
    "recurrent_ppo": AgentSpec("sb3_contrib:RecurrentPPO", hyper_parameters=defaults.RECURRENT),
    "maskable_ppo": AgentSpec(
        "isac_agents.algorithms.ppo.ppo:MaskablePpo",
        num_envs=512,
        steps=1_000_000,
        hyper_parameters=defaults.PPO,
        actions=_DISCRETE,
        masks=True,
    ),
    "mappo": AgentSpec("isac_agents.algorithms.ppo.mappo:Mappo", hyper_parameters=defaults.MAPPO),
    "gnn_ppo": AgentSpec(
        "isac_agents.algorithms.ppo.gnn_ppo:GnnPpo", hyper_parameters=defaults.GNN
    ),
    "imitation_ppo": AgentSpec(
        "isac_agents.algorithms.ppo.imitation:ImitationPpo",
        num_envs=256,
        steps=2_000_000,
        hyper_parameters=defaults.PPO,
    ),
    "imitation_mappo": AgentSpec(
        "isac_agents.algorithms.ppo.imitation:ImitationMappo",
        steps=1_000_000,
        hyper_parameters=defaults.MAPPO,
    ),
    "lstm_predictor": AgentSpec(
        "isac_agents.algorithms.forecast.lstm_predictor:LstmPredictor",
        hyper_parameters={"policy": "ForecastPolicy"},
        environment={"observation": "history", "action": "pointing"},
        actions=("box",),
    ),
}
"""The agents of this package; tuned settings are in the scenario files."""


def names() -> list[str]:
    """Return the names of all agents, third-party ones last."""
    return [*AGENTS, *sorted(_entries().keys() - AGENTS.keys())]


def paths() -> set[str]:
    """Return ``"module:Class"`` of all agents; files may use these too."""
    own = {each.path for each in AGENTS.values()}
    return own | {each.value for each in _entries().values()}


def preset(name: str, presets: Mapping[str, Mapping[str, Any]] | None = None) -> AgentSpec:
    """Look an agent up by name, with its preset.

    Args:
        name: A name of :func:`names`, or ``"module:Class"``.
        presets: Settings to replace, by agent, such as
            :attr:`isac_envs.scenarios.Scenario.agents`.

    Raises:
        UnknownNameError: If the name is unknown; the message suggests the nearest one.
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
    """Import the class of an agent.

    Raises:
        UnknownNameError: If the name is unknown; the message suggests the nearest one.
        IsacError: If there is no such class, or a package that it needs is not installed.
    """
    return _load(preset(name).path)


def search_space(name: str) -> Space:
    """Return the search space of an agent, by hyper-parameter.

    Raises:
        IsacError: If the name is unknown, or the agent declares no search space.
    """
    found = SPACES.get(name) or preset(name).search or getattr(resolve(name), "search_space", {})
    if not found:
        raise IsacError(f"{name} declares no search space: give its class one as search_space")
    return dict(found)


def create(agent: AgentSpec, env: Any, seed: int | None = None, **hyper_parameters: Any) -> Any:
    """Create a learner.

    Args:
        agent: From :func:`preset`.
        env: Training environment, with the parameters of ``agent.environment``.
        seed: Seed of the learner and of the environment; None for fresh entropy.
        **hyper_parameters: Replace the agent's.

    Raises:
        IsacError: See :func:`settings`.
    """
    # A copy: learners modify their arguments (A2C adds its optimiser to policy_kwargs).
    chosen = deepcopy(settings(agent, hyper_parameters))
    return _load(agent.path)(env=env, seed=seed, **chosen)


def settings(agent: AgentSpec, hyper_parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked hyper-parameters of an agent after replacements.

    Raises:
        IsacError: If a package is missing, the class has no argument of a given name, or a value is
            not valid.
    """
    chosen = {**agent.hyper_parameters, **hyper_parameters}
    return checked(agent.path, _load(agent.path), chosen)


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
