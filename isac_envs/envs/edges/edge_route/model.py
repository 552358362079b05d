"""Declaration of ``isac/EdgeRoute-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Coordinate, Spec
from isac_envs.declaration.model import Model
from isac_envs.envs.edges import fields
from isac_envs.envs.edges.edge_route import baselines, exact, kernel
from isac_envs.envs.edges.edge_route.params import EdgeRouteParams
from isac_envs.planning import FiniteMdp


class EdgeRoute(Model):
    r"""DOC"""

    id = "isac/EdgeRoute-v0"
    summary = "One vehicle chooses its road, and the server of its twin; exactly solvable."
    source = "SOURCE"
    params_type = EdgeRouteParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = kernel.STATE_FIELDS
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics = fields.METRICS
    summaries = fields.each_step()
    baselines = baselines.BASELINES
    reference_baseline: ClassVar[str | None] = "optimum"
    finite = True

    def observation_spec(self) -> Spec:
        """Return the observation in the form that the parameters ask for."""
        if self.params.observation == "index":
            meaning = "Index of the state, in row-major order."
            states = int(np.prod(exact.state_shape(self.params)))
            return Spec("discrete", (Coordinate("state", meaning, high=states - 1.0),))
        if self.params.roads == "line":
            meaning = "Places from the service to the user, to the right, over the reach."
            return Spec("box", (Coordinate("displacement", meaning, low=-1.0),))
        rush = Coordinate("rush", "1 in rush.")
        return Spec("box", (*fields.own(), rush, *fields.crowding()))

    def action_spec(self) -> Spec:
        """Return the choice of a road and a host together, or of how far the service moves."""
        if self.params.roads == "line":
            meaning = "Places by which the service moves to the user, at most to it."
            return Spec("discrete", (Coordinate("places", meaning, high=float(self.params.reach)),))
        return Spec("discrete", (fields.road_and_host(),))

    def allocate(self, n: int) -> kernel.State:
        """Return zeroed environments, shape ``(n,)``."""
        return kernel.State(np.zeros(n, self.env_dtype))

    def transition_model(self) -> FiniteMdp:
        """Return the exact finite MDP."""
        return exact.transition_model(self.params)

    def state_index(self, state: kernel.State) -> npt.NDArray[np.int64]:
        """Return the index of each copy's state, shape ``(n,)``."""
        env = state.env
        if self.params.roads == "line":
            return np.asarray(env["displacement"] + self.params.reach, np.int64)
        values = tuple(env[name] for name in ("node", "host", "target", "rush"))
        shape = exact.state_shape(self.params)
        return np.asarray(np.ravel_multi_index(values, shape), np.int64)

    def all_states(self) -> kernel.State:
        """Return one copy in each state."""
        shape = exact.state_shape(self.params)
        state = self.allocate(int(np.prod(shape)))
        values = np.indices(shape).reshape(len(shape), -1)
        if self.params.roads == "line":
            state.env["displacement"] = values[0] - self.params.reach
        else:
            for name, value in zip(("node", "host", "target", "rush"), values, strict=True):
                state.env[name] = value
        return state
