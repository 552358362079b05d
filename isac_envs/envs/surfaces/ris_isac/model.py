"""Declaration of ``isac/RisIsac-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.surfaces.records import State
from isac_envs.envs.surfaces.ris_isac import baselines, fields, kernel, records
from isac_envs.envs.surfaces.ris_isac.params import RisIsacParams

_SHORTFALL = Signal("shortfall", "What the radar SNR lacks of the required one.", "dB")


class RisIsac(Model):
    r"""A surface and a share of the power serve walking users and light up a walking target.

    Places, legs, walks, knowledge, elements and the users' precoders are those of
    ``isac/RisMiso-v0`` (equations 1 to 9). In addition:

    10. A target walks in a disc of its own. Its direct path and its leg to the surface have laws of
        their own. They are taken to be estimated like those of the users, whatever the echo: what
        sensing is worth to knowledge is the subject of ``isac/SecureIsac-v0``.
    11. The base station sends a stream to each of the $K$ users and one for sensing. The users'
        precoder has the power $(1 - s) P$, the sensing beam $s P$, so that all power is spent. With
        $\hat h_t$ the estimated channel of the target, the beam is along $\hat h_t^*$
        (``matched``), or along its part that is orthogonal to the estimated channels of all users
        (``nulled``), which needs $M > K$.
    12. Users do not know the sensing stream: $\mathrm{SINR}_k = |h_k w_k|^2 / (\sum_{j \ne k} |h_k
        w_j|^2 + |h_k w_s|^2 + \sigma^2)$. The precoder does not reckon with it.
    13. The echo of all streams returns over the same channel $h_t$ to the same $M$ antennas. A
        matched receive beam and $L$ samples give the radar SNR $\gamma = L\, \frac{4 \pi
        \sigma_{\mathrm{RCS}}}{\lambda^2} \frac{P}{\sigma^2} \lVert h_t \rVert^2 \lVert h_t W
        \rVert^2$ with $\lVert W \rVert = 1$ and channels as gains. It has the true channels, as the
        rates do.
    14. The shortfall is $[\gamma_{\mathrm{req}} - \gamma]^+$ in dB, at most 40. The reward is
        $w_1 \sum_k R_k + w_2 \log_2(1 + \gamma)$ plus $w_3$, which is minus its price, times the
        shortfall.

    The action is that of ``isac/RisMiso-v0``, and one coordinate more for $s = (a + 1) / 2$; for
    ``levels`` and ``codebook`` a level of $s$. With a learned precoder the beams of all streams,
    scaled to the power, take its place.

    The observation ``directions`` has six numbers for each element: cosine and sine of its phase,
    the direction for the rate, and that for $\ln \gamma$, each scaled to a mean square of 1, with
    the beams that the estimates, the present phases and the last share give. Then come what they
    promise to each user and for the radar, what the last slot gave, and the last share. An episode
    starts as if all streams had had the same power. ``channels`` holds the estimates.

    The difficulty is the trade: the surface has one set of phases for users and target, and the
    power one sum. The beams of the users already light up the target somewhat, and a sensing beam
    costs the users power, and by errors of the estimates also interference. For given phases, the
    best share is the least that meets the requirement, or less where the rate loses more than the
    price. ``alternating`` climbs the reward by all phases at once, along the slopes of rate and
    radar SNR, with a price that sets in gradually, and renews the share on the way. It has the
    true channels and phase errors and several starts, and is the best known. Where phases change
    little by little, it plans as if the base station knew the channels too: what fits the errors
    of one slot would be in the way in the next.

    In ``liu2024`` the users' streams alone, over phases for the rate, reach $30.4 \pm 0.3$
    bit/s/Hz, over random phases $22.7 \pm 0.4$, without a surface $21.2 \pm 0.3$. Over phases for
    the rate their radar SNR is $4.7 \pm 0.2$ dB. All the power on sensing, over phases for
    the echo, reaches $22.5 \pm 0.1$ dB with a matched beam and $9.4 \pm 0.5$ dB with a nulled one
    (200 draws, 95 %). Phases alone meet the 7 dB there, for 1 % of the rate. In the
    default scenario, users and target are behind obstacles, and shares are needed too.
    """

    id = "isac/RisIsac-v0"
    summary = "Phases of a surface and power for sensing, for walking users and a target."
    source = (
        "Problem: R. Liu, M. Li, H. Luo, Q. Liu, A. L. Swindlehurst, IEEE Trans. Wireless Commun. "
        "2024, arXiv 2301.11134 (sum rate under a radar SNR, with a surface). Motion, knowledge, "
        "the sensing stream and the observation are our choice."
    )
    params_type = RisIsacParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal("rate", "Sum of the users' rates.", "bit/s/Hz"),
        Signal("sensing", "Logarithm to base 2 of 1 plus the radar SNR.", "bit"),
        _SHORTFALL,
    )
    costs: ClassVar[tuple[Signal, ...]] = (_SHORTFALL,)
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("radar_snr_db", "Radar SNR.", "dB"),
        Signal("least_rate", "Smallest rate of a user.", "bit/s/Hz"),
        Signal("expected_rate", "Sum of the rates that the estimates promise.", "bit/s/Hz"),
        Signal("sensing_share", "Share of the power on the sensing stream."),
        Signal("sinr_db", "Signal over interference and noise, mean of the users' dB.", "dB"),
    )
    summaries = (
        Summary("radar_snr_db", "Radar SNR, dB.", "radar_snr_db"),
        Summary("least_rate", "Smallest rate of a user.", "least_rate"),
        Summary("sensing_share", "Share of the power on the sensing stream.", "sensing_share"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "alternating"
    scene = "isac_envs.envs.surfaces.ris_isac.scene:draw"

    def observation_spec(self) -> Spec:
        """Return each element in turn, then users, target and share."""
        return Spec("box", (*fields.elements(self.params), *fields.receivers(self.params)))

    def action_spec(self) -> Spec:
        """Return the phases of all elements, and the share or the beams."""
        kind, phases = fields.phases(self.params)
        return Spec(kind, (phases, fields.power(self.params)))

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
