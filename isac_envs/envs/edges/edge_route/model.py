"""Declaration of ``isac/EdgeRoute-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Coordinate, Spec
from isac_envs.declaration.model import Model, State
from isac_envs.envs.edges import fields
from isac_envs.envs.edges.edge_route import baselines, exact, kernel
from isac_envs.envs.edges.edge_route.params import EdgeRouteParams
from isac_envs.planning import FiniteMdp


class EdgeRoute(Model):
    r"""A vehicle crosses a grid of roads, and its twin moves from server to server beside it.

    One vehicle of ``isac/SmartRoad-v0`` among traffic that is the same in all episodes, so that the
    problem is finite: node, host, target, and calm or rush. With 25 nodes there are 31,250 states.

    1. Action: a road and a host together, as one number. A road that is not there means waiting for
       the time of an empty road. The twin stays, migrates to the node ahead (the end of the road),
       or to that node's neighbour with the fewest twins.
    2. Travel time: $T = T_0 (1 + 0.15 ((1 + f b) / c)^4)$ with $b$ other vehicles on the road, and
       $f$ = `rush_factor` in rush, else 1 (Bureau of Public Roads).
    3. Delay of a task: $D = 2 h d + 1 / (\mu - \lambda (1 + m)) + U$, with the twin $d$ roads from
       the node ahead, at a server (M/M/1) with $m$ other twins. The uplink $U$ is shared with
       the vehicles of the twins at the node ahead.
    4. Reward: $-(T / 60 + 10 D + 0.2 M)$, with $M = 1$ if the twin migrated.
    5. Traffic: calm lasts with `stay_calm` and rush with `stay_rush`; an episode starts with the
       long-run probabilities. With `stay_calm` = 1 the traffic is frozen.

    The episode terminates at the target, and is truncated after `horizon` roads. Backgrounds are
    Poisson numbers that `field_seed` draws once. The vector observation has places, rush and the
    present travel times of the roads from the node. It does not tell the rest of the field, which
    a learner must remember, since it never changes.

    On a line (`roads` = "line") there is no travel. A user walks at random: to the right with
    `right_probability`, to the left with `left_probability`. The state is the displacement $x$ of
    the user from the service. The action moves the service by $a$ places towards the user. The
    delay at the distance $d = |x| - a$ that is left is $\delta_c + \delta_l \theta^d$, and the
    migration costs $\beta_c + \beta_l \mu^a$: a constant and an exponential, as in arXiv
    1506.05261, and 0 at 0. At `reach` the service must catch up.

    There, waiting between two thresholds and moving to the user at either is optimal. The
    discounted cost of any pair has a closed form: between the thresholds, $V(d) = m r_1^d + n
    r_2^d + A + B \theta^d$ on each side of 0, where $r_1$ and $r_2$ solve $\gamma p r^2 - (1 -
    \gamma (1 - p - q)) r + \gamma q = 0$. `thresholds.py` derives the coefficients, and
    the baseline `threshold` takes the best pair.
    """

    id = "isac/EdgeRoute-v0"
    summary = "One vehicle chooses its road, and the server of its twin; exactly solvable."
    source = (
        "After 'A joint service migration and mobility optimization approach for vehicular edge "
        "computing', IEEE Trans. Veh. Technol. 69(8), 2020, p. 9041 (roads and twins); S. Wang, R. "
        "Urgaonkar, T. He, M. Zafer, K. Chan, K. K. Leung, MILCOM 2014 (thresholds on a line), and "
        "S. Wang et al., arXiv 1506.05261 (costs). Numbers are our choice."
    )
    params_type = EdgeRouteParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = kernel.STATE_FIELDS
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics = fields.METRICS
    summaries = fields.each_step()
    baselines = baselines.BASELINES
    reference_baseline: ClassVar[str | None] = "optimum"
    scene = "isac_envs.envs.edges.edge_route.scene:draw"
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

    def allocate(self, n: int) -> State:
        """Return zeroed environments, shape ``(n,)``."""
        return kernel.State(np.zeros(n, self.env_dtype))

    def transition_model(self) -> FiniteMdp:
        """Return the exact finite MDP."""
        return exact.transition_model(self.params)

    def state_index(self, state: State) -> npt.NDArray[np.int64]:
        """Return the index of each copy's state, shape ``(n,)``."""
        env = state.env
        if self.params.roads == "line":
            return np.asarray(env["displacement"] + self.params.reach, np.int64)
        values = tuple(env[name] for name in ("node", "host", "target", "rush"))
        shape = exact.state_shape(self.params)
        return np.asarray(np.ravel_multi_index(values, shape), np.int64)

    def all_states(self) -> State:
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
