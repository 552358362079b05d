"""Declaration of ``isac/JrcAoi-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Spec
from isac_envs.declaration.model import Model, State
from isac_envs.envs.v2x import fields, packets
from isac_envs.envs.v2x.class_features import RISK, class_fields
from isac_envs.envs.v2x.jrc_aoi import baselines, kernel
from isac_envs.envs.v2x.jrc_aoi.params import JrcAoiParams


class JrcAoi(Model):
    r"""A vehicle uses each slot for its radar or to send packets of one of K classes.

    The queue holds packets of $K$ classes, the oldest first. Let $n$ be the number of bad
    conditions among road, weather, speed and object. The channel is good or bad. In slot $t$:

    1. An unexpected event happens with probability $P = e^{-c (4 - n)}$.
    2. Action 0 is radar. Action $k$ sends the ``packets_good`` (bad channel: ``packets_bad``)
       oldest packets of class $k$, or all if there are fewer. If an event happens, none is sent.
    3. The age $D_k$ of the class becomes the age of the last packet sent. Unsent packets older than
       ``max_age`` are removed. Then all ages grow by one slot.
    4. Poisson arrivals of mean ``arrival_means[k]`` join the queue with age zero, class 1 first.
       Those beyond its capacity are lost (overflow).
    5. Reward, with $\omega_k$ = ``class_weights[k]`` and the ages after the slot: $-w_{age} \sum_k
       \omega_k D_k - w_{radar}\, [\mathrm{event\ without\ radar}]\, (p_0 + n) - w_{overflow} \cdot
       \mathrm{overflow}$, where $p_0$ is ``penalty_clear``.
    6. The five conditions are independent two-state chains, with one exception: radar next to a
       moving object makes the vehicle slow down, and clears the object with probability
       ``clearing``.

    An episode starts with all ages zero, the arrivals of one slot and uniformly drawn conditions.
    Sending a class of which nothing waits is allowed, as in the publication: it wastes the slot and
    takes the risk for nothing.

    The observation ``packets`` holds age and class of each packet, channel, conditions and the ages
    of the classes, in [0, 1]. Ages are given as $a / (a +$ ``age_scale`` $)$, so none is cut off
    (the publication divides by 10, without a bound). The observation ``classes`` condenses this to
    a form that small networks learn from: of each class the packets that wait, the age of the first
    and of the last that the slot would send, the age $D_k$, and the pressure $\omega_k (D_k - a_k)
    / \max_j \omega_j$, where $a_k$ is that last packet's age (0 if nothing would be sent); then
    channel and conditions, how many of these are bad as five zeros and ones, and the backlog.

    The published model (scenario ``lee2021``) penalises overflow as if nothing had left the queue
    in the slot, charges nothing for an event while all conditions are good, and its conditions have
    no memory. In the default scenario they persist, and every missed event costs something. There
    is no exact optimum. ``optimum`` is the best known rule: drift plus penalty, with constants that
    trials choose for the given parameters.

    Its siblings are ``isac/JrcAoiTiny-v0``, which is solved exactly, and ``isac/JrcAoiMulti-v0``.
    """

    id = "isac/JrcAoi-v0"
    summary = "Radar, or which class of packets to send, for fresh information without surprises."
    source = (
        "J. Lee, D. Niyato, Y. L. Guan, D. I. Kim, 'Learning to schedule joint radar-communication "
        "requests for optimal information freshness', IEEE Intelligent Vehicles Symposium 2021, "
        "doi 10.1109/IV48863.2021.9575131, and the authors' public code; persistent conditions and "
        "the penalty of an event under good conditions are our choice."
    )
    default_scenario = "persistent"
    params_type = JrcAoiParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = kernel.STATE_FIELDS
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics = fields.METRICS
    summaries = fields.SUMMARIES
    baselines = baselines.BASELINES
    reference_baseline = "optimum"
    scene = "isac_envs.envs.v2x.jrc_aoi.scene:draw"

    def observation_spec(self) -> Spec:
        """Return queue, channel, conditions and class ages, all in [0, 1]."""
        classes = len(self.params.class_weights)
        channel = Coordinate("channel", "1 if the channel is bad.")
        if self.params.observation == "classes":
            return Spec("box", (*class_fields(classes), channel, *RISK))
        ages = fields.class_ages(classes)
        return Spec("box", (*fields.queue(self.params), channel, *fields.CONDITIONS, ages))

    def action_spec(self) -> Spec:
        """Return the choice between radar and the classes."""
        return fields.uses("radar", *fields.class_labels(len(self.params.class_weights)))

    def allocate(self, n: int) -> State:
        """Return environments ``(n,)``, queues ``(n, capacity)`` and classes ``(n, K)``."""
        capacity, classes = self.params.queue_capacity, len(self.params.class_weights)
        return kernel.State(
            np.zeros(n, self.env_dtype),
            np.zeros((n, capacity), packets.PACKET),
            np.zeros((n, classes), packets.STREAM),
        )
