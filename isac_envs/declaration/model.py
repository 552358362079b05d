"""The declaration of an environment: everything about it but the arithmetic of its dynamics.

A model names its baselines, and a baseline reads the model that it plays: both stand here.
"""

from collections.abc import Mapping
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from isac_envs.declaration.fields import Signal, Spec, Summary
from isac_envs.declaration.params import EnvParams, build
from isac_envs.engine.jit import record
from isac_envs.engine.rng import ENV_FIELDS

if TYPE_CHECKING:
    from isac_envs.planning import FiniteMdp

State: TypeAlias = Any
"""A tuple of the arrays of a batch: records of the environments ``(n,)``, then entities ``(n, K)``.

Environments with entities return a :class:`typing.NamedTuple`, the state of their kernels.
"""

SCORE = (
    "A score is 0 for random actions and 1 for the reference baseline, an optimum or a bound. It "
    "is linear in the undiscounted return of whole episodes. Rewards, objectives and costs of "
    "tables are such returns over the most steps that an episode of the scenario can last, however "
    "many it did: to end early pays nothing."
)
"""What scores mean, for descriptions and pages."""

Kind = Literal["random", "heuristic", "exact", "convex", "genie", "best_known"]
"""What the score of a baseline means."""

CLIPPED = Signal("clipped_coordinates", "Action coordinates that were clipped into their bounds.")


class Model:
    """One environment, bound to one set of parameters.

    A subclass states the class attributes and the two specifications; its docstring is the text
    of the documentation page. ``reference_baseline`` names the baseline that scores 1: an optimum
    or a bound; without one, scores are rewards. The kernel module provides ``reset``, ``step`` and
    ``observe`` of one copy, and ``allow`` where some actions are invalid
    (:func:`isac_envs.engine.loops.batch_kernel` says what they take).
    """

    id: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    default_scenario: ClassVar[str] = "default"
    params_type: ClassVar[type[EnvParams]]
    kernel: ClassVar[ModuleType]
    env_fields: ClassVar[tuple[tuple[Any, ...], ...]] = ()
    objectives: ClassVar[tuple[Signal, ...]]
    costs: ClassVar[tuple[Signal, ...]] = ()
    metrics: ClassVar[tuple[Signal, ...]] = ()
    summaries: ClassVar[tuple[Summary, ...]] = ()
    baselines: ClassVar[Mapping[str, "type[Baseline]"]] = {}
    reference_baseline: ClassVar[str | None] = None
    scene: ClassVar[str | None] = None
    finite: ClassVar[bool] = False

    def __init__(self, params: EnvParams) -> None:
        self.params: Any = params
        self.agents = self.agent_names()
        self.observation = self.observation_spec()
        self.action = self.action_spec()
        self.env_dtype = record(*ENV_FIELDS, *self.env_fields)

    @classmethod
    def __init_subclass__(cls, **_: Any) -> None:
        """Refuse a reference that no score could be measured by; do not inherit one."""
        needed = {"random", cls.reference_baseline} if cls.reference_baseline else set()
        missing = needed - set(cls.baselines)
        if missing and "reference_baseline" not in vars(cls):
            cls.reference_baseline = None  # inherited, but the baselines are others
        elif missing:
            names = ", ".join(map(repr, cls.baselines))
            raise TypeError(
                f"{cls.__name__}.reference_baseline is {cls.reference_baseline!r}, but there is no "
                f"baseline {missing.pop()!r} among {names}; scores need it and 'random'"
            )

    @property
    def masked(self) -> bool:
        """Whether some actions are invalid."""
        return hasattr(self.kernel, "allow")

    def longest_episode(self) -> int:
        """Return the most steps that an episode can last; tables divide returns by it.

        A model overrides it where something else ends every episode before the horizon.
        """
        return int(self.params.horizon)

    def with_parameters(self, changes: Mapping[str, Any]) -> Self:
        """Return the same environment with some parameters replaced.

        Raises:
            ScenarioError: If a parameter is unknown or not valid.
        """
        fields = type(self.params).model_fields  # not what is computed from them and kept beside
        values = {name: getattr(self.params, name) for name in fields} | dict(changes)
        return type(self)(build(type(self.params), values, self.id))

    def shortened(self, steps: int | None) -> Self:
        """Return the same environment with episodes of at most this many steps.

        Raises:
            ScenarioError: If there is not at least one step.
        """
        if steps is None or steps >= self.params.horizon:
            return self
        return self.with_parameters({"horizon": steps})

    def observation_spec(self) -> Spec:
        """Return the observation fields of one agent; where agents differ, the widest."""
        raise NotImplementedError

    def action_spec(self) -> Spec:
        """Return the action fields of one agent; where agents differ, the widest."""
        raise NotImplementedError

    def specs_of(self, agent: int) -> tuple[Spec, Spec]:
        """Return the observation and action of an agent, by its index on the agent axis.

        A model whose agents differ overrides it. The arrays of a batch have room for the widest
        one; of an agent's rows the first coordinates count, and what is behind them is 0.
        """
        return self.observation, self.action

    def agent_names(self) -> tuple[str, ...]:
        """Return the names of the agents, in the order of the agent axis."""
        return ("agent_0",)

    def allocate(self, n: int) -> State:
        """Return zeroed state arrays of ``n`` copies."""
        return (np.zeros(n, self.env_dtype),)

    def objective_bounds(self) -> tuple[tuple[float, float], ...] | None:
        """Return the smallest and largest value of each objective in a step; None if not known.

        They need not be met, but a step never lies outside.
        """
        return None

    def objective_space(self) -> spaces.Box:
        """Return the space of the objectives of a step as a vector of float32."""
        bounds = self.objective_bounds() or ((-np.inf, np.inf),) * len(self.objectives)
        low, high = np.array(bounds, np.float32).T
        return spaces.Box(low, high)

    def reward_bounds(self) -> tuple[float, float]:
        """Return between what values the reward of a step lies.

        Raises:
            AttributeError: If the environment declares no :meth:`objective_bounds`.
        """
        bounds = self.objective_bounds()
        if bounds is None:
            raise AttributeError(f"{self.id} declares no bounds of its objectives")
        ends = np.array(bounds) * np.array(self.params.weights)[:, None]
        return float(ends.min(1).sum()), float(ends.max(1).sum())

    def transition_model(self) -> "FiniteMdp":
        """Return the environment as a finite MDP.

        Raises:
            NotImplementedError: Where the state space is not small.
        """
        raise NotImplementedError(f"{self.id} has no finite transition model")

    def state_index(self, state: State) -> npt.NDArray[np.int64]:
        """Return the index of each copy's state in the finite MDP, shape ``(n,)``."""
        raise NotImplementedError(f"{self.id} has no finite transition model")

    def all_states(self) -> State:
        """Return a state with one copy in each state of the finite MDP, in the order of index."""
        raise NotImplementedError(f"{self.id} has no finite transition model")

    @cached_property
    def reported(self) -> tuple[Signal, ...]:
        """The metrics of a step, with what the engine adds."""
        return (*self.metrics, CLIPPED) if self.action.kind == "box" else self.metrics

    @cached_property
    def metrics_dtype(self) -> "np.dtype[Any]":
        """Record dtype of the metrics; kernels write its fields by name."""
        return record(*((each.name, "f8") for each in self.reported))


class HasState(Protocol):
    """What a baseline needs of a batch."""

    model: Model
    state: State
    masks: npt.NDArray[np.bool_] | None


class Baseline:
    """Base of all baselines: policies that ship with an environment.

    A baseline is bound to a batch and may read its true state; it has the ``predict`` signature of
    Stable-Baselines3, so that evaluation treats it and a learned agent alike.

    Attributes:
        kind: What its score means: the floor, a heuristic, or an optimum and how it is known.
        summary: One line.
        memoryless: The action depends on the present state alone, so that a finite model gives
            the policy's exact value.
        constants: Attributes, numbers, that were tuned by measuring; whoever doubts that a policy
            is the best known changes them first.
    """

    kind: ClassVar[Kind] = "heuristic"
    memoryless: ClassVar[bool] = False
    constants: ClassVar[tuple[str, ...]] = ()
    summary: ClassVar[str]

    def __init__(self, batch: HasState, seed: int = 0) -> None:
        self.batch = batch
        self.model = batch.model
        self.params = batch.model.params
        self.random = np.random.default_rng(seed)

    @property
    def env(self) -> npt.NDArray[Any]:
        """State records of the environments, shape ``(n,)``."""
        return self.batch.state[0]

    def act(self) -> npt.NDArray[Any]:
        """Return the actions of all copies: ``(n,)`` if discrete, otherwise ``(n, width)``.

        With several agents these are ``(n, A)`` and ``(n, A, width)``.
        """
        raise NotImplementedError

    def act_by_agent(self) -> dict[str, Any]:
        """Return the action of each agent of the first copy, as PettingZoo takes them."""
        names, spec = self.model.agents, self.model.action
        rows = self.act()[0].reshape(len(names), spec.width)
        if spec.kind == "discrete":
            return {name: int(row[0]) for name, row in zip(names, rows, strict=True)}
        if spec.kind == "box":  # the spaces hold single precision
            rows = rows.astype(np.float32)
        widths = (self.model.specs_of(k)[1].width for k in range(len(names)))
        return {name: row[:width] for name, row, width in zip(names, rows, widths, strict=True)}

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = True,
    ) -> tuple[Any, Any]:
        """Return the action for the batch's present state.

        Args:
            observation: Tells by its shape whether one copy or all are asked for, a dictionary
                by agent that the first copy's actions are wanted so; its values are not needed,
                the true state is read.
            state: Handed back.
            episode_start: Not needed.
            deterministic: Not needed.
        """
        if isinstance(observation, dict):
            return self.act_by_agent(), state
        dimensions = 0 if self.model.observation.kind == "discrete" else 1
        alone = observation is not None and np.ndim(observation) == dimensions
        actions = self.act()
        return (actions[0] if alone else actions), state
