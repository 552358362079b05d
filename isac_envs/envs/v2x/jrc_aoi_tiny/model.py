"""Declaration of ``isac/JrcAoiTiny-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Coordinate, Spec
from isac_envs.declaration.model import Model, State
from isac_envs.envs.v2x import fields, packets
from isac_envs.envs.v2x.jrc_aoi_tiny import baselines, kernel
from isac_envs.envs.v2x.jrc_aoi_tiny.exact import state_shape, transition_model
from isac_envs.envs.v2x.jrc_aoi_tiny.params import JrcAoiTinyParams
from isac_envs.planning import FiniteMdp

_BITS = ("channel", "road", "weather", "speed", "object")


class JrcAoiTiny(Model):
    r"""A vehicle uses each slot for its radar or to send a fresh packet of one of K classes.

    Packets are generated at will, so the state is small: the ages $D_k$ of $K$ classes, 1 to
    ``age_cap`` slots, and five good or bad conditions. With two classes and a cap of 15 it has
    7,200 values. In slot $t$, with $n$ bad conditions among road, weather, speed and object:

    1. An unexpected event happens with probability $P = e^{-c (4 - n)}$.
    2. Action 0 is radar. Action $k$ sends a fresh packet of class $k$. It arrives with probability
       ``success_good`` (bad channel: ``success_bad``) if no event happens, and never otherwise.
    3. If it arrives, $D_k = 1$. Every other age becomes $\min(D + 1,$ ``age_cap`` $)$.
    4. Reward, with $\omega_k$ = ``class_weights[k]`` and the ages after the slot: $-w_{age} \sum_k
       \omega_k D_k - w_{radar}\, [\mathrm{event\ without\ radar}]\, (p_0 + n)$, where $p_0$ is
       ``penalty_clear``.
    5. The five conditions are independent two-state chains, with one exception: radar next to a
       moving object makes the vehicle slow down, and clears the object with probability
       ``clearing``.

    An episode starts with all ages one slot and uniformly drawn conditions. The observation holds
    the ages as $a / (a +$ ``age_scale`` $)$ and the conditions as they are, or the index of the
    state.

    The default scenario validates a learner: Whittle's index comes within 3 % of the optimum. The
    benchmark is ``traffic``, where no rule here passes 85 % of the way from random to optimal.
    """

    id = "isac/JrcAoiTiny-v0"
    summary = "Radar or fresh packets of two classes: the exactly solvable sibling of JrcAoi."
    source = (
        "Our choice, after J. Lee, D. Niyato, Y. L. Guan, D. I. Kim, 'Learning to schedule joint "
        "radar-communication requests for optimal information freshness', IEEE Intelligent "
        "Vehicles Symposium 2021, doi 10.1109/IV48863.2021.9575131."
    )
    default_scenario = "persistent"
    params_type = JrcAoiTinyParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = kernel.STATE_FIELDS
    objectives = (fields.AGE, fields.RADAR)
    costs = (fields.MISS,)
    metrics = (*fields.AGE_METRICS, *fields.EVENT_METRICS)
    summaries = fields.AGE_SUMMARIES
    baselines = baselines.BASELINES
    reference_baseline = "optimum"
    scene = "isac_envs.envs.v2x.jrc_aoi_tiny.scene:draw"
    finite = True

    def observation_spec(self) -> Spec:
        """Return the observation in the form that the parameters ask for."""
        if self.params.observation == "index":
            meaning = "Index of the state: ages, then the five bits, in row-major order."
            states = int(np.prod(state_shape(self.params)))
            return Spec("discrete", (Coordinate("state", meaning, high=states - 1.0),))
        ages = fields.class_ages(len(self.params.class_weights))
        channel = Coordinate("channel", "1 if the channel is bad.")
        return Spec("box", (ages, channel, *fields.CONDITIONS))

    def action_spec(self) -> Spec:
        """Return the choice between radar and the classes."""
        return fields.uses("radar", *fields.class_labels(len(self.params.class_weights)))

    def allocate(self, n: int) -> State:
        """Return environments ``(n,)`` and classes ``(n, K)``."""
        streams = np.zeros((n, len(self.params.class_weights)), packets.STREAM)
        streams["age"] = 1  # the smallest age, so that every state is one of the finite model
        return kernel.State(np.zeros(n, self.env_dtype), streams)

    def transition_model(self) -> FiniteMdp:
        """Return the exact finite MDP with ``32 * age_cap ** K`` states."""
        return transition_model(self.params)

    def state_index(self, state: State) -> npt.NDArray[np.int64]:
        """Return the index of each copy's state, shape ``(n,)``."""
        ages = state.streams["age"].T - 1
        values = [*ages, *(state.env[name] for name in _BITS)]
        return np.asarray(np.ravel_multi_index(tuple(values), state_shape(self.params)), np.int64)

    def all_states(self) -> State:
        """Return one copy in each state."""
        shape = state_shape(self.params)
        values = np.indices(shape).reshape(len(shape), -1)
        state = self.allocate(values.shape[1])
        classes = state.streams.shape[1]
        state.streams["age"] = values[:classes].T + 1
        for name, value in zip(_BITS, values[classes:], strict=True):
            state.env[name] = value
        return state
