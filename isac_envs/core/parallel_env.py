"""The PettingZoo parallel environment: a batch of one copy with an agent axis."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import pettingzoo
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils.seeding import np_random

from isac_envs.core.adapter import Adapter
from isac_envs.core.batch import Batch
from isac_envs.core.renderer import FPS, MODES
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model
from isac_envs.engine.passes import first_outside
from isac_envs.scenarios import build


class ParallelEnv(Adapter, pettingzoo.ParallelEnv[str, Any, Any]):  # type: ignore[misc]
    """All agents of one environment behind PettingZoo's parallel interface.

    Args:
        model: Id of a registered environment, ``"module:Class"``, or a bound model.
        scenario: Name of a registered scenario or path of a scenario file; None for the default.
        max_cycles: Truncates earlier than the scenario's horizon.
        render_mode: ``human`` shows a window at every step, ``rgb_array`` lets :meth:`render`
            return pictures; None draws nothing and costs nothing.
        **overrides: Single parameters that replace the scenario's.

    Raises:
        ScenarioError: If the scenario or an override is not valid.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - PettingZoo declares it so
        "render_modes": [*MODES],
        "render_fps": FPS,
        "is_parallelizable": True,
    }

    def __init__(
        self,
        model: str | Model,
        *,
        scenario: str | Path | None = None,
        max_cycles: int | None = None,
        render_mode: str | None = None,
        **overrides: Any,
    ) -> None:
        self._adapt(Batch(build(model, scenario, overrides).shortened(max_cycles), 1), render_mode)
        self.metadata = {**self.metadata, "name": self.model.id}
        self.possible_agents = [*self.model.agents]
        self.agents: list[str] = []
        self._np_random: np.random.Generator | None = None  # made when a wrapper asks for it
        self._np_random_seed: int | None = None
        specs = [self.model.specs_of(k) for k in range(len(self.possible_agents))]
        self._seen = [observation for observation, _ in specs]
        self._decided = [action for _, action in specs]
        self._alike = all(pair == specs[0] for pair in specs)
        named = zip(self.possible_agents, specs, strict=True)
        spaces = {agent: (seen.space(), decided.space()) for agent, (seen, decided) in named}
        self.observation_spaces = {agent: pair[0] for agent, pair in spaces.items()}
        self.action_spaces = {agent: pair[1] for agent, pair in spaces.items()}
        self.state_space = self._state_space()
        self._buffers = StepBuffers.allocate(self.model, 1)
        self._buffers.observations[...] = 0
        self._actions = self.batch.actions()
        # one agent sees what Gymnasium's form reports
        self._split = self.model.action.kind == "multi_discrete" and len(self.possible_agents) > 1
        self._owners = [f"{self.model.id}, agent {each}" for each in self.possible_agents]
        counts = self.model.action.high + 1.0
        ends = counts.cumsum().astype(np.int64).tolist() if self._split else []
        self._parts = [slice(*pair) for pair in zip([0, *ends], ends, strict=False)]  # of a mask
        self._usual = [(np.dtype(np.int64), (self.model.action.width,))] * len(specs)
        self._unclipped = [0] * len(specs)
        self._advance: Callable[[], None] | None = None  # made by the first step

    def __getstate__(self) -> dict[str, Any]:
        """Leave the machine code of a step out of pickles and copies; it is recreated."""
        return {**self.__dict__, "_advance": None}

    @property
    def np_random(self) -> np.random.Generator:
        """A generator that follows the seed of :meth:`reset`, for wrappers that draw."""
        if self._np_random is None:
            self._np_random, self._np_random_seed = np_random(self._np_random_seed)
        return self._np_random

    def observation_space(self, agent: str) -> gymnasium.spaces.Space[Any]:
        """Return the observation space of an agent, always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.spaces.Space[Any]:
        """Return the action space of an agent, always the same object."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Start an episode; a seed restarts the random streams, None continues them."""
        self.batch.reset(self._buffers, (seed,))
        if seed is not None:
            self._np_random, self._np_random_seed = None, seed
        self.agents = [*self.possible_agents]
        if self._renderer is not None:
            self._renderer.begin(self.batch.state, self._buffers)
        masks = self._masks()
        # TorchRL takes what a reset reports for tensors, and expects the same of a step's infos
        if masks is None:
            return self._observations(), {each: {} for each in self.agents}
        rows = zip(self.agents, masks, strict=True)
        return self._observations(), {each: {"action_mask": row} for each, row in rows}

    def step(self, actions: Mapping[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        """Advance by one step.

        Args:
            actions: An action for every agent, and for nobody else.

        Raises:
            gymnasium.error.InvalidAction: If the actions are no dictionary, or one is missing,
                nobody's or not valid; the state is untouched.
            gymnasium.error.ResetNeeded: Before the first reset and after the end of an episode.
        """
        if not self.agents:
            raise ResetNeeded(f"{self.model.id}: call reset() first, no episode is running")
        clipped = self._encode(actions)
        if self._advance is None:
            self._advance = self.batch.bound_step(self._actions, self._buffers)
        self._advance()
        self._buffers.count_clipped(clipped)
        terminated, truncated = self._buffers.ended[0].tolist()
        agents = self.agents
        rewards, infos = self._outcome()
        if terminated or truncated:
            self.agents = []
        if self._renderer is not None:
            self._renderer.record(self.batch.state, self._actions, self._buffers)
        return (
            self._observations(),
            rewards,
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            infos,
        )

    def render(self) -> npt.NDArray[np.uint8] | None:
        """Return the picture of the present state, as :meth:`isac_envs.core.env.Env.render`.

        Raises:
            gymnasium.error.ResetNeeded: Before the first reset.
        """
        return self._picture(0)

    def state(self) -> npt.NDArray[Any]:
        """Return the observations of all agents, one after the other; in ``state_space``."""
        rows = zip(self._buffers.observations[0], self._seen, strict=True)
        return np.concatenate([row[: spec.width] for row, spec in rows])

    def _state_space(self) -> gymnasium.spaces.Box:
        low, high = (
            np.concatenate([getattr(spec, end) for spec in self._seen]) for end in ("low", "high")
        )
        dtype = self.model.observation.dtype
        return gymnasium.spaces.Box(low.astype(dtype), high.astype(dtype), dtype=dtype)

    def _resume(self) -> None:
        env = self.batch.env[0]
        over = env["done"] or not env["world"].any()
        self.agents = [] if over else [*self.possible_agents]

    def _encode(self, actions: Mapping[str, Any]) -> list[int]:
        """Write the actions into the batch; return the clipped coordinates of each agent."""
        if type(actions) is not dict and not isinstance(actions, Mapping):
            raise InvalidAction(
                f"{self.model.id}: actions are {actions!r}, must be a dictionary with an action "
                f"for each of {', '.join(self.possible_agents)}"
            )
        rows = self._actions[0]
        if self._split and self._encode_together(actions):
            return self._unclipped
        clipped = []
        if not self._alike:
            rows = [row[: spec.width] for row, spec in zip(rows, self._decided, strict=True)]
        each = zip(self.possible_agents, self._decided, rows, self._owners, strict=True)
        for agent, spec, row, owner in each:
            try:
                action = actions[agent]
            except KeyError:
                raise InvalidAction(f"{self.model.id}: no action for agent {agent!r}") from None
            clipped.append(spec.encode(action, row, owner))
        if len(actions) > len(clipped):
            surplus = next(each for each in actions if each not in self.possible_agents)
            raise InvalidAction(
                f"{self.model.id}: an action for {surplus!r}, not an agent; the agents are "
                f"{', '.join(self.possible_agents)}"
            )
        return clipped

    def _encode_together(self, actions: Mapping[str, Any]) -> bool:
        """Write valid arrays of choices, one for each agent and nobody else, in one pass.

        Returns:
            Whether that is what the actions are; if not, the batch may be overwritten.
        """
        spec, rows = self._decided[0], self._actions[0]
        if not self._alike or len(actions) != len(rows):
            return False
        try:
            chosen = [actions[agent] for agent in self.possible_agents]
            if [(each.dtype, each.shape) for each in chosen] != self._usual:
                return False
        except (KeyError, AttributeError):
            return False
        np.concatenate(chosen, out=rows.reshape(-1))
        return int(first_outside(rows, spec.high)) < 0

    def _observations(self) -> dict[str, Any]:
        rows = self._buffers.observations[0].copy()
        if not self._alike or self.model.observation.kind != "box":
            each = zip(rows, self._seen, strict=True)
            rows = [spec.present(row[: spec.width]) for row, spec in each]
        return dict(zip(self.possible_agents, rows, strict=True))

    def _outcome(self) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
        """Return rewards and infos; each array becomes Python numbers or is copied once."""
        buffers = self._buffers
        masks = self._masks()
        infos: dict[str, dict[str, Any]] = {}
        columns = zip(
            self.possible_agents,
            buffers.objectives[0].copy(),
            buffers.cost[0].tolist(),
            buffers.costs[0].tolist(),
            buffers.metrics[0].tolist(),
            strict=True,
        )
        names, of_metrics = self._cost_names, self._metric_names
        for agent, objectives, cost, costs, metrics in columns:
            infos[agent] = {
                "objectives": objectives,
                "cost": cost,
                "costs": dict(zip(names, costs)),  # noqa: B905 - checking takes longer
                "metrics": dict(zip(of_metrics, metrics)),  # noqa: B905
            }
        if masks is not None:
            for info, mask in zip(infos.values(), masks, strict=True):
                info["action_mask"] = mask
        rewards = dict(zip(self.possible_agents, buffers.rewards[0].tolist(), strict=True))
        return rewards, infos

    def _masks(self) -> Sequence[Any] | None:
        """Return the masks of all agents, as their spaces sample with them."""
        masks = self._buffers.masks
        if masks is None:
            return None
        rows = masks[0].astype(np.int8)
        if not self._split:
            return rows
        return [*zip(*(rows[:, part] for part in self._parts), strict=True)]
