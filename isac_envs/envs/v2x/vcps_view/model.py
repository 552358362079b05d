"""Declaration of ``isac/VcpsView-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Spec
from isac_envs.declaration.model import Model, State
from isac_envs.envs.v2x.vcps_view import baselines, fields, kernel, records
from isac_envs.envs.v2x.vcps_view.params import VcpsParams, VcpsViewParams
from isac_envs.envs.v2x.vcps_view.required import required_fields


class VcpsView(Model):
    r"""An edge chooses what vehicles sense and upload, and how they share its bandwidth.

    $V$ vehicles drive through a square map with an edge (a roadside unit) in its middle. Each can
    sense $K$ of $I$ types of information. The edge builds one or two views per slot, and each needs
    one to nine types. Let $t$ be the slot of 1 s:

    1. Link: $\mathrm{SNR} = |h|^2 P / (N_0\, \mathrm{dist}^{\varphi})$ with $h \sim N($
       ``fading_mean``, ``fading_deviation`` $^2)$.
    2. A target SNR between ``target_low_db`` and ``target_high_db`` is drawn for each vehicle and
       slot, to be reached with probability ``success``: $P_{min} = \mathrm{target} \cdot N_0\,
       \mathrm{dist}^{\varphi} / g$ with $g$ the quantile of $|h|^2$, and at most the largest power.
    3. Power: $P = P_{min} + a_{power} (P_{max} - P_{min})$.
    4. Bandwidth: $b_v = B a_v / (\sum a + 10^{-5})$.
    5. A type $k$ is sensed if its decision is above 1/2, at the rate $l_k = f_k / E[S_k]$ with $f_k
       =$ ``max_load`` $\cdot\, a_k / \max(1, \sum a)$ over what is sensed. $S$ is the service time
       at $B / V$ and full power. Its moments are taken over track and fading.
    6. The load of a queue is $\sum f$. The coordinates of the rates give it directly while they add
       up to less than 1.
    7. The last sample was taken at $s = \lfloor t l \rfloor / l$ (intervals of ``longest_s`` at
       most). Its source had changed last at $u = \lfloor s / U \rfloor U$.
    8. It waits in a priority queue with Poisson arrivals: $q = (E[S] + \sum_{i \le k} l_i E[S_i^2]
       / (2 (1 - R_k))) / (1 - R_{k-1}) - E[S]$ with $R_k$ the load of the first $k$ priorities
       (preemptive-resume; also ``nonpreemptive``).
    9. It is sent in $g = \mathrm{size} / (b \log_2(1 + \mathrm{SNR}))$, from where the vehicle is
       at $s + q$, with $h$ at its mean. Waits and transmissions are at most ``longest_s``.
    10. The age of a packet is $\max(t, s + q + g) - u$. The age of a view is that of its oldest
        packet.
    11. Consistency: the largest difference of $u$ in a view.
    12. Redundancy: packets beyond the first of each type in a view.
    13. Sensing: the sum of the costs of the packets in a view. Packets from the cache are free.
    14. Transmission: the sum of $P g$ over the same packets.
    15. Quality $Q = 1 - 0.6\, T - 0.4\, C$ and cost $CV = 0.2\, R + 0.4\, S + 0.4\, E$ of the five
        parts 10 to 14. They are normalised by ``longest_s`` (both parts of $Q$); the number $n$ of
        required types; $2 n$; and $n \cdot$ ``energy_mj``; each is at most 1.
    16. Objectives $x Q$ and $x (1 - CV)$, means over the views of the slot. The factor $x$ is the
        share of required types whose youngest packet is not older than ``longest_s``. Older packets
        only add to the costs.

    A type that no vehicle sends comes from the cache, which keeps the newest packet that a view has
    used. At the start it holds packets of age 0 that belong to nobody. There are three costs:
    vehicles whose link cannot carry their rates in the slot ($\sum l g \ge 1$); vehicles that send
    and miss their target at full power; and whether more bandwidth is requested than there is,
    which only ``allocation = fractions`` permits.

    Actions are all coordinates of these equations. With ``action = sensors`` an agent only says who
    senses each type that the coming views require, in the order of the views: 0 nobody, 1 the
    cheapest vehicle that can sense it, 2 the next one, up to ``candidates`` (the last one where
    there are fewer). The rest follows the rule of the baseline ``greedy``: equal shares of
    ``planned_load``, short services first, the least reliable power, and bandwidth by the root of
    the bits over the spectral efficiency. All ones are ``greedy``. Other baselines lose their
    loads, powers and further vehicles in this form.

    The observation ``coming`` shows the slot, all vehicles and what they can sense, and the cache.
    ``required`` shows the places of that action instead: for each type which views need it and how
    old its cached packet is, and for each of its candidates the cost, the age of a packet if it
    were sensed now as ``greedy`` does, the mean service time, the distance, and for how many types
    it is the cheapest.

    Tracks follow streets with traffic lights (intelligent driver model, turns of the Manhattan
    mobility model), or come from a file (``traces``, see [traces](../traces.md)): the edge is in
    the middle of 0 to ``map_m``, and an episode shows one of the file's scenes of ``slots`` s.
    Everything but the SNR targets is drawn when an episode begins.

    The scenario ``wu2022`` is the published model. Its defects, and the parameters that mend them:

    | | published | parameter |
    | --- | --- | --- |
    | D1 | Ages are frozen at reception: *never to sense earns the perfect 300 of 300*. | `ages` |
    | D2 | Waits use the variance for the second moment. | `second_moment` |
    | D3 | Bytes are divided by bit/s. | `size_unit` |
    | D4 | The bandwidth is multiplied in twice. | `bandwidth_law` |
    | D5 | Parts are normalised by the range so far: rewards depend on the past. | `normaliser` |
    | D6 | Only ten types are ever required; large packets have long update intervals. | `draws` |
    | D7 | The load is the share in all coordinates, 1 if all is sensed. | `load` |
    | D8 | Targets stay while a vehicle stands: a table's key lacks them. | `targets` |
    | | Reliability is a quantile of 100 samples. | `reliability` |
    | | First samples lie in the future. | `first_sample` |
    | | Cached packets cost again. | `reuse_costs` |
    | | Costs are means over vehicles. | `cost_of` |
    | | There is no factor $x$ in equation 16. | `gate` |
    | | Observations show the slot that has passed. | `observation` |

    For D5 the range starts with ``warmup_episodes`` of random actions at each reset, because an
    episode must not depend on the ones before. The scenario is a validation preset, since a
    heuristic has the best score. A random agent there earns within 5 % of what the authors report
    for each bandwidth from 1 to 3 MHz; their tracks cannot be redistributed.

    One published number is not modelled: the edge's range of 500 m. None of the published equations
    uses it, and the link already implies it: the largest power reaches the middle of the targets up
    to 499 m away. From beyond, in the corners of the map, a vehicle sends at full power and counts
    as one that misses its target, a cost.
    """

    id = "isac/VcpsView-v0"
    summary = "An edge decides what vehicles sense and upload for its views of the traffic."
    source = fields.SOURCE
    default_scenario = "manhattan"
    params_type: ClassVar[type[VcpsParams]] = VcpsViewParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics = fields.METRICS
    summaries = fields.SUMMARIES
    baselines = baselines.BASELINES
    reference_baseline = "search"
    scene = "isac_envs.envs.v2x.vcps_view.scene:draw"

    def observation_spec(self) -> Spec:
        """Return the observation fields of the edge: 1 + V + 2 V K + 2 I, or of each type."""
        if self.params.observation == "required":
            return Spec("box", required_fields(self.params))
        return fields.edge_observation(self.params)

    def action_spec(self) -> Spec:
        """Return the action of vehicles and edge: V (3 K + 1) + V coordinates, or sensors."""
        return fields.all_actions(self.params)

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
