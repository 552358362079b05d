"""Declaration of ``isac/VcpsView-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Spec
from isac_envs.declaration.model import Model, State
from isac_envs.envs.v2x.vcps_view import baselines, fields, kernel, records
from isac_envs.envs.v2x.vcps_view.params import VcpsViewParams


class VcpsView(Model):
    """An edge chooses what vehicles sense and upload, and how they share its bandwidth.

    V vehicles drive through a square map with an edge in its middle. Each can sense K of I types
    of information; the edge builds one or two views a slot, each of which needs one to nine types.
    With t the slot of 1 s, v a vehicle and d a type:

    1. ``SNR = |h|^2 P / (N0 dist^phi)`` with ``h ~ N(fading_mean, fading_deviation^2)``.
    2. A target between ``target_low_db`` and ``target_high_db`` is drawn for each vehicle and slot,
       to be reached with probability ``success``: ``P_min = target N0 dist^phi / g``, g the
       quantile of ``|h|^2``, at most the largest power.
    3. ``P = P_min + a_power (P_max - P_min)``.
    4. ``b_v = B a_v / (sum a + 1e-5)``.
    5. Type k is sensed if its decision is above 1/2, at the rate ``l_k = f_k / E[S_k]`` with
       ``f_k = max_load a_k / max(1, sum a)`` over what is sensed. ``S`` is the service time at
       ``B / V`` and full power; its moments are taken over track and fading.
    6. The load of a queue is ``sum f``; the coordinates of rates give it directly while they add up
       to less than 1.
    7. The last sample was at ``s = floor(t l) / l`` (intervals of ``longest_s`` at most), the
       source had changed at ``u = floor(s / U) U``.
    8. It waits in a priority queue with Poisson arrivals,
       ``q = (E[S] + sum_{i<=k} l_i E[S_i^2] / (2 (1 - R_k))) / (1 - R_{k-1}) - E[S]`` with ``R_k``
       the load of the first k priorities (preemptive-resume; also ``nonpreemptive``).
    9. It is sent in ``g = size / (b log2(1 + SNR))``, from where the vehicle is at ``s + q``, with
       h at its mean. Waits and transmissions are at most ``longest_s``.
    10. Age ``max(t, s + q + g) - u``; that of a view is its oldest packet's.
    11. Consistency: the largest difference of u in a view.
    12. Redundancy: packets beyond the first of each type in a view.
    13. Sensing: the sum of the costs of the packets in a view; those from the cache are free.
    14. Transmission: the sum of ``P g`` over these.
    15. ``Q = 1 - 0.6 T - 0.4 C`` and ``CV = 0.2 R + 0.4 S + 0.4 E`` of the normalised parts: over
        ``longest_s``; over the number n of required types; ``2 n``; ``n energy_mj``; at most 1.
    16. Objectives ``x Q`` and ``x (1 - CV)``, means over the views of the slot, with x the share of
        required types whose youngest packet is not older than ``longest_s``. Older packets count
        for nothing else but their costs.

    A type that no vehicle sends comes from the cache, which keeps the newest packet that a view
    has used; at the start it holds packets of age 0 and of nobody. Costs: vehicles whose link
    cannot carry their rates in the slot (``sum l g >= 1``), vehicles that send and miss their
    target at full power, and whether more bandwidth is asked for than there is, which only
    ``allocation = fractions`` permits.

    Tracks follow streets with traffic lights (intelligent driver model, turns of the Manhattan
    mobility model), or come from a file (``tracks_csv``). Everything is drawn when an episode
    begins but the SNR targets.

    The scenario ``wu2022`` is the published model with what is wrong with it: ages are frozen at
    reception, so that *never to sense earns the perfect 300 of 300* (``ages``); waits use the
    variance for the second moment (``second_moment``); bytes are divided by bit/s (``size_unit``);
    B is multiplied in twice (``bandwidth_law``); parts are normalised by the range seen so far,
    so that rewards depend on the past (``normaliser``, begun with ``warmup_episodes`` of random
    actions at each reset, because an episode must not depend on the ones before); only ten types
    are ever required and large packets have long update intervals (``draws``); the load is the
    share in all coordinates, 1 if all is sensed (``load``); targets stay while a vehicle stands,
    for they are missing in the key of a table (``targets``). Also as published: a quantile of 100
    samples (``reliability``), first samples in the future (``first_sample``), costs again for
    cached packets (``reuse_costs``), means over vehicles (``cost_of``), no x in equation 16
    (``gate``), and observations of the slot that has passed (``observation``). It is a validation
    preset, for a heuristic has the best score. There a random agent earns within 5 % of what the
    authors report for each bandwidth from 1 to 3 MHz; their tracks cannot be redistributed.

    One published number is not modelled: the edge's range of 500 m. None of the published
    equations uses it, and the link holds it already: the largest power reaches the middle of the
    targets up to 499 m away. From beyond, in the corners of the map, a vehicle sends at full power
    and counts as one that misses its target, a cost.
    """

    id = "isac/VcpsView-v0"
    summary = "An edge has vehicles sense and upload what it builds its views of the traffic from."
    source = fields.SOURCE
    default_scenario = "manhattan"
    params_type = VcpsViewParams
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
        """Return what the edge sees: 1 + V + 2 V K + 2 I coordinates."""
        return fields.edge_observation(self.params)

    def action_spec(self) -> Spec:
        """Return what all vehicles and the edge decide: V (3 K + 1) + V coordinates."""
        return fields.all_actions(self.params)

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
