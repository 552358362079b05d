"""Declaration of ``isac/BeamClusterRbg-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Spec
from isac_envs.declaration.model import Model, State
from isac_envs.declaration.params import EnvParams
from isac_envs.envs.cells.beam_cluster_rbg import baselines, fields, kernel, records
from isac_envs.envs.cells.beam_cluster_rbg.params import BeamClusterRbgParams


class BeamClusterRbg(Model):
    r"""A base station forms beams over clusters of users and shares their resources out.

    $U$ users stay in hot spots of a sector. The base station senses where they are, some of them
    precisely and some not, forms $K$ clusters of what it thinks, and points a beam at each. All
    beams share the band, which has $G$ resource block groups. In each slot the agent decides which
    member of a beam receives in each group.

    1. A report is $\hat{x}_u = x_u + n_u$ with normal $n_u$, whose standard deviation is one of
       ``location_errors_m``, ``precise_share`` of the users having the first. With ``location =
       "radar"`` the deviations along and across the line of sight are the Cramer-Rao bounds of
       delay and angle: an echo of one slot at a linear array, with ``sensing_power_dbm`` and one of
       ``cross_sections_m2``. (Below some 10 dB no estimator attains them.) Where a user may be
       are samples about the report with the same law. Reports are new every ``clustering_slots``.
    2. ``k_means`` clusters the reports, ``uk_means`` the samples (with squared distances, that is
       k-means of their means), ``uk_medoids`` the users with the expected distances $E |s_i -
       s_j|$ of their samples. A user who is known badly is far from all and no medoid.
    3. A beam points at its mean or medoid. Its half-power width $w$ is ``nominal_width_deg``, or
       (``covering``) covers ``covered_share`` of the samples of its members, at most
       ``widest_deg``. Its gain $G_k$ at an angle is the IEEE 802.15.3c pattern: the wider the
       lower.
    4. With power $P / K$ a beam, path loss $L_u$ (free space at 1 m, ``path_loss_exponent``,
       shadow fading) and noise $N$: $S_u = P G_{k(u)} / (K L_u N)$, and $I_u$ the same over all
       other beams with members. They always transmit. A user with $S_u / (1 + I_u)$ below
       ``outage_sinr_db`` is lost, and receives nothing.
    5. Group $g$ has $\mathrm{SINR}_{ug} = |h_{ug}|^2 S_u / (1 + |h_{ug}|^2 I_u)$: signal and
       interference come from the same place. The scattered part of the Rician $h_{ug}$ is an AR(1)
       sequence. The CQI is the highest whose threshold is met, and the group carries its
       efficiency (TS 38.214, table 5.2.2.1-3) times the symbols of a group.
    6. Packets arrive by Poisson's law, and are sent in the order of their arrival. They are late
       at the age of ``deadline_slots`` and dropped beyond ``lifetime_slots``.
    7. Reward: $w_1 \sum_u b_u / (U \bar{b}) - w_2 \sum_u \min(a_u / D, 1) / U$ with bits $b_u$
       carried in the slot, mean offered bits $\bar{b}$, age $a_u$ of the oldest waiting packet, and
       deadline $D$.

    The action names a user for each beam and group, beam by beam; 0 is nobody. The mask lets the
    members through, and a user of another beam counts as nobody. With ``action = "scheduler"`` it
    names one of the schedulers that are the baselines here. The observation holds of each user
    CQIs, queue, age, average rate and beam. The CQIs are those of the slot that comes.
    A learner that looks back gets a history by frames or recurrence, see [agents](../agents.md).

    Which beams are best depends on what is asked. With little traffic and large errors, wide beams
    that find nearly everybody carry nearly twice as much as narrow ones that miss half of the
    users. With full buffers, narrow beams have the larger sum rate. Medoids instead of means are
    better by a few per cent, and only where errors are large. The share of lost users in 2000
    drops, two in five located with the error, the others with 2 m:

    | error | k-means, 3 degrees | k-means, covering | UK-means, covering | UK-medoids, covering |
    | --- | --- | --- | --- | --- |
    | 10 m | 0.205 | 0.064 | 0.065 | 0.069 |
    | 20 m | 0.338 | 0.109 | 0.108 | 0.106 |
    | 40 m | 0.536 | 0.137 | 0.136 | 0.125 |

    Sensing is what beams are made of. With ``location = "radar"`` and 10, 20, 30 and 40 dBm, beams
    are 34, 21, 11 and 9 degrees wide, and ``most_carried`` carries 0.64, 0.81, 0.90 and 0.94 of the
    offered traffic.

    Users do not walk: an episode is half a second. ``most_carried`` is the best known policy, found
    by trying scores; no bound is known. Numbers are our choice where no source is given. The
    publication tells clusters, beams and comparison, but not its parameters, and uses images for
    the locations that are sensed here.
    """

    id = "isac/BeamClusterRbg-v0"
    summary = "Beams over clusters of users who are located with errors: who gets which resources."
    source = (
        "Yao, Zhou and Erol-Kantarci, arXiv 2208.01880 (IEEE GLOBECOM 2022), for clusters under "
        "location errors, one beam each, and groups shared out within; parameters are our choice."
    )
    params_type: ClassVar[type[EnvParams]] = BeamClusterRbgParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = fields.OBJECTIVES
    costs = fields.COSTS
    metrics = fields.METRICS
    summaries = fields.SUMMARIES
    baselines = baselines.BASELINES
    reference_baseline = "most_carried"
    scene = "isac_envs.envs.cells.beam_cluster_rbg.scene:draw"

    def observation_spec(self) -> Spec:
        """Return what is known of each user."""
        return fields.seen(self.params)

    def action_spec(self) -> Spec:
        """Return the choice of users, or of a scheduler."""
        return fields.choices(self.params)

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)

    def objective_bounds(self) -> tuple[tuple[float, float], ...] | None:
        """Return the bounds: no group carries more than its highest CQI, no delay counts above 1.

        With Shannon's rates, the first has no bound.
        """
        p = self.params
        if p.link_adaptation != "cqi":
            return None
        most = p.beams * p.groups * p.most_bits / (p.users * p.offered_bits)
        return (0.0, most), (-1.0, 0.0)
