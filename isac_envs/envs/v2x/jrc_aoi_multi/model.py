"""Declaration of ``isac/JrcAoiMulti-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.envs.v2x import fields, packets
from isac_envs.envs.v2x.class_features import RISK, class_fields
from isac_envs.envs.v2x.jrc_aoi_multi import baselines, kernel
from isac_envs.envs.v2x.jrc_aoi_multi.params import JrcAoiMultiParams


class JrcAoiMulti(Model):
    r"""Vehicles share one channel, on which one of them senses or sends in a slot.

    Each of $N$ vehicles has its own queue and conditions, as in ``isac/JrcAoi-v0``. The channel is
    always good and carries one packet or one radar measurement per slot. In slot $t$:

    1. Action 0 idles, $k = 1, \dots, K$ requests to send a packet of class $k$, and $K + 1$
       requests radar. If several vehicles ask, the channel goes to the one with priority if it
       asks, else to a uniformly drawn one of them; all others idle. Priority has the vehicle that
       delivered in the previous slot.
    2. At each vehicle an unexpected event happens with probability $P = e^{-c (4 - n)}$, with $n$
       its number of bad conditions among road, weather, speed and object.
    3. A grant for class $k$ delivers its oldest packet if no event happens: the age $D_k$ of the
       class becomes the age of the packet. Packets older than ``max_age`` are removed. Then all
       ages grow by one slot.
    4. Poisson arrivals of mean ``arrival_means[k]`` join the queue with age zero, class 1 first.
       Those beyond its capacity are lost (overflow).
    5. Reward of each vehicle, idle or denied vehicles included, with $\omega_k$ =
       ``class_weights[k]``: $-w_{age} \sum_k \omega_k D_k - w_{radar}\, [\mathrm{event\ without\
       granted\ radar}]\, (p_0 + n) - w_{overflow} \cdot \mathrm{overflow}$, where $p_0$ is
       ``penalty_clear``.
    6. Conditions are independent two-state chains, with one exception: granted radar next to a
       moving object makes the vehicle slow down, and clears the object with probability
       ``clearing``.

    An episode starts with all ages zero, the arrivals of one slot, uniformly drawn conditions and a
    uniformly drawn vehicle with priority. Requests for a class of which nothing waits are allowed,
    as in the publication, so there are no action masks.

    With the observation ``packets`` a vehicle sees its queue, whether it has priority, its
    conditions, the ages of its classes, the slots since its last grant, its number, the slot in a
    round of $N$, and how long the channel has been idle. All are in [0, 1]; ages and slots are
    given as $a / (a +$ ``age_scale`` $)$. With ``classes`` it sees the queue class by class, as
    described for ``isac/JrcAoi-v0``, and in place of its number and the slot in the round how many
    slots later its turn in the round is, as $N$ zeros and ones.

    The published model (scenario ``lee2022``) penalises overflow as if nothing had left the queue
    in the slot, takes the rank of a contention's winner among those who ask for its number, charges
    nothing for an event while all conditions are good, and its roads stay bad forever. Two of its
    slips change no number noticeably and are not reproduced: at reset nobody (or never the last
    vehicle) has priority, and the slots since the last grant count idle slots only. The best known
    rule, ``optimum``, is a central controller that sees all vehicles: drift plus penalty, with
    constants that trials choose for the given parameters.
    """

    id = "isac/JrcAoiMulti-v0"
    summary = "Vehicles contend for one channel, with radar and packets of several classes."
    source = (
        "J. Lee, D. Niyato, Y. L. Guan, D. I. Kim, 'Learning to schedule joint radar-communication "
        "with deep multi-agent reinforcement learning', IEEE Trans. Veh. Technol. 71(1), 2022, "
        "doi 10.1109/TVT.2021.3124810, and the authors' public code; persistent conditions and the "
        "penalty of an event under good conditions are our choice."
    )
    default_scenario = "persistent"
    params_type = JrcAoiMultiParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = kernel.STATE_FIELDS
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics = (
        *fields.METRICS,
        Signal("asked", "1 if the vehicle asked for the channel."),
        Signal("granted", "1 if it was granted the channel."),
        Signal("contended", "1 if it asked together with another vehicle."),
    )
    summaries = (
        *fields.SUMMARIES,
        Summary("contention", "Share of the requests that met another.", "contended", "asked"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "optimum"
    scene = "isac_envs.envs.v2x.jrc_aoi_multi.scene:draw"

    def agent_names(self) -> tuple[str, ...]:
        """Return one name for each vehicle."""
        return tuple(f"veh_{v}" for v in range(self.params.vehicles))

    def observation_spec(self) -> Spec:
        """Return a vehicle's observation of itself and the channel, all in [0, 1]."""
        p = self.params
        priority = Coordinate("priority", "1 if the vehicle wins a contention.")
        waited = Coordinate("waited", "Slots since its last grant, as slots / (slots + scale).")
        idle = Coordinate("idle", "Slots since the channel was used, as slots / (slots + scale).")
        if p.observation == "classes":
            turn = "1 at the number of slots, from 0, until its turn in a round of one slot each."
            own = (*class_fields(len(p.class_weights)), priority, *RISK, waited)
            return Spec("box", (*own, Coordinate("turn", turn, size=p.vehicles), idle))
        last = (
            waited,
            Coordinate("identity", "Number of the vehicle, from 1, over the number of vehicles."),
            Coordinate("cycle", "Slot in a round of one slot per vehicle, over its length."),
            idle,
        )
        ages = fields.class_ages(len(p.class_weights))
        return Spec("box", (*fields.queue(p), priority, *fields.CONDITIONS, ages, *last))

    def action_spec(self) -> Spec:
        """Return the choice between idling, the classes and radar."""
        classes = fields.class_labels(len(self.params.class_weights))
        return fields.uses("idle", *classes, "radar")

    def allocate(self, n: int) -> State:
        """Return environments (n,), vehicles (n, N), queues (n, N, Q) and classes (n, N, K)."""
        vehicles, capacity = self.params.vehicles, self.params.queue_capacity
        classes = len(self.params.class_weights)
        return kernel.State(
            np.zeros(n, self.env_dtype),
            np.zeros((n, vehicles), kernel.VEHICLE),
            np.zeros((n, vehicles, capacity), packets.PACKET),
            np.zeros((n, vehicles, classes), packets.STREAM),
        )
