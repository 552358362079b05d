"""Declaration of ``isac/CognitiveAccess-v0``."""

from types import ModuleType
from typing import ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.spectrum.cognitive_access import baselines, kernel, records
from isac_envs.envs.spectrum.cognitive_access.params import CognitiveAccessParams


class CognitiveAccess(Model):
    r"""A secondary user senses a channel of others in each slot, and uses it if it is idle.

    $N$ channels belong to primary users, who come and go. In each slot the user senses one of them
    for a while, and sends in the rest of the slot if its detector says idle. Its transmission has
    two uses: it carries data, and its echo ranges a target. What was seen tells which channels are
    probably idle next, so each look earns and explores.

    1. Channels: independent Gilbert-Elliott chains. An idle channel stays idle with probability
       $p_{11}$ = `stay_idle`, a busy one becomes idle with $p_{01}$ = `become_idle`.
    2. Action: a channel $n$ and a sensing time $\tau$ of `sensing_times_s`, as one number: that of
       the channel times that of sensing times, plus that of the time.
    3. Detector: ``energy`` averages $\tau B_n$ samples. Its threshold finds a primary signal of the
       SNR $\rho_n$ with $P_d$ = `detection_probability`, and takes noise for one with $P_f =
       Q(\sqrt{2 \rho_n + 1}\, Q^{-1}(P_d) + \rho_n \sqrt{\tau B_n})$. ``perfect`` makes no
       errors and takes no time, as in the textbook.
    4. Throughput: in an idle channel $(1 - \tau / T)\, B_n \log_2(1 + \mathrm{SNR})$, with $T$ =
       `slot_s` and the SNR of `link_snr_db` in all channels, because the power in each hertz is
       limited. In a busy channel nothing arrives, and the primary transmission is hit: a cost, and
       the objective `protection`, whose weight is the price of a collision.
    5. Target: its way from a post is a critically damped second-order Gauss-Markov process with the
       deviations `range_std_m` and `speed_std_m_s`, $\dot v = -2 \kappa v - \kappa^2 x + w$ with
       $\kappa$ the second over the first. So it neither leaves nor rests.
    6. Ranging: an acknowledged transmission gives a range with the variance $3 c^2 / (8 \pi^2
       \gamma B_n^2)$ at $\gamma$ = `echo_snr_db` $\cdot\, B_n (T - \tau)$. Wide channels are better
       by $B^{3/2}$. Echoes below 13 dB count for nothing: there, the bound does not hold. A Kalman
       filter of range and speed keeps the estimate. The objective `ranging` is minus the deviation
       of the range after the slot: in metres, bounded by that of a target nobody looks at, and an
       echo is worth the more the longer there was none.
    7. Belief: the acknowledgement tells whether the channel was idle. After the detector said busy,
       $\omega \leftarrow \omega P_f / (\omega P_f + (1 - \omega) P_d)$. Then each channel moves
       on by $\omega \leftarrow \omega p_{11} + (1 - \omega) p_{01}$.

    Channels start in their steady state, and so does the target. With ``belief`` the user sees
    the probabilities of item 7, which say all that is known. With ``history`` it sees the last
    `history` slots, the latest first: channel, outcome and sensing time. Agents with memory are
    compared on it. Both end with the deviations of range and speed and their correlation. The echo
    of the target has the SNR of its post wherever it is.

    With a perfect detector, no target and up to three channels, `optimum` is exact: backward
    induction over last observations and ages. For three alike channels with 0.8 and 0.2
    (``zhao2008``) the long-run optimum is 0.693787 per slot, and an action at random earns 0.5. For
    alike channels the myopic rule and Whittle's index choose the same. Elsewhere `optimum` is the
    best known policy: it looks one slot ahead, and values beliefs by the problems of single
    channels, which a price on sensing separates; or it follows Whittle's index, where that earns
    more in trials. The same problems give a Lagrangian bound without a target. `genie` knows what
    is idle and bounds every policy, but no detector comes near it.

    In ``liang2008`` the channel has no memory and the action is the sensing time. Without a grid
    the best one is 14.163 ms. ``faint`` is the benchmark: primary signals are hard to find and
    collisions dear, so that a look that is best for the slot is worse than chance in the long run.
    """

    id = "isac/CognitiveAccess-v0"
    summary = "Which channel of others to sense, and for how long, to send and to range a target."
    source = (
        "Q. Zhao, B. Krishnamachari, K. Liu, IEEE Trans. Wireless Commun. 7(12), 2008, arXiv "
        "0712.0035 (channels, belief); K. Liu, Q. Zhao, IEEE Trans. Inf. Theory 56(11), 2010, "
        "arXiv 0810.4658 (index, bound); Y.-C. Liang, Y. Zeng, E. C. Y. Peh, A. T. Hoang, IEEE "
        "Trans. Wireless Commun. 7(4), 2008 (detector, sensing time). The target and the "
        "numbers of 'default' are our choice."
    )
    params_type = CognitiveAccessParams
    kernel: ClassVar[ModuleType] = kernel
    objectives = (
        Signal("throughput", "What arrived in the slot, over its length.", "Mbit/s"),
        Signal("ranging", "Minus the standard deviation of the range after the slot.", "m"),
        Signal("protection", "-1 if the transmission met a primary one."),
    )
    costs = (Signal("collision", "1 if the transmission met a primary one."),)
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("idle", "1 if the sensed channel was idle."),
        Signal("transmitted", "1 if the user transmitted."),
        Signal("acknowledged", "1 if its transmission arrived."),
        Signal("collided", "1 if it met a primary one."),
        Signal("contended", "1 if it met another user's in an idle channel."),
        Signal("false_alarm", "1 if an idle channel was taken for busy."),
        Signal("sensing_share", "Share of the slot that sensing took."),
        Signal("range_std_m", "Standard deviation of the range after the slot.", "m"),
        Signal("range_error_m", "Error of its estimate.", "m"),
    )
    summaries: ClassVar[tuple[Summary, ...]] = (
        Summary("success", "Slots with a transmission that arrived.", "acknowledged"),
        Summary("collisions", "Share of transmissions that met a primary one.", "collided",
                "transmitted"),
        Summary("false_alarms", "Share of idle channels taken for busy.", "false_alarm", "idle"),
        Summary("sensing_share", "Share of time for sensing.", "sensing_share"),
        Summary("range_error_m", "Error of the range, m.", "range_error_m"),
    )  # fmt: skip
    baselines = baselines.BASELINES
    reference_baseline: ClassVar[str | None] = "optimum"
    scene = "isac_envs.envs.spectrum.cognitive_access.scene:draw"

    def observation_spec(self) -> Spec:
        """Return beliefs or the last slots, then what is believed of the target."""
        p = self.params
        seen: tuple[Coordinate, ...]
        if p.observation == "belief":
            seen = (Coordinate("belief", "Probability that a channel is idle.", size=p.channels),)
        else:
            sensed = Coordinate("sensed", "1 for the channel that was sensed.", size=p.channels)
            told = Coordinate(
                "outcome", "1 for what happened: declared busy, acknowledged, met a primary "
                "transmission, met another user.", size=records.OUTCOMES,
            )  # fmt: skip
            took = Coordinate("sensing_share", "Share of the slot that sensing took.")
            each = (sensed, told, took) if p.choices > 1 else (sensed, told)
            seen = each * p.history
        target = (
            Coordinate("range_std", "Standard deviation of the range over `range_std_m`."),
            Coordinate("speed_std", "Standard deviation of the speed over `speed_std_m_s`."),
            Coordinate("correlation", "Correlation of both errors.", low=-1.0),
        )
        return Spec("box", (*seen, *(target if p.target else ()), *self.more_seen()))

    def more_seen(self) -> tuple[Coordinate, ...]:
        """Return what a user sees besides."""
        return ()

    def action_spec(self) -> Spec:
        """Return the choice of a channel and a sensing time."""
        p = self.params
        labels = tuple(f"channel {k}" for k in range(p.channels))
        if p.choices > 1:
            labels = tuple(
                f"channel {k}, {1e3 * time_s:g} ms"
                for k in range(p.channels) for time_s in p.sensing_times_s
            )  # fmt: skip
        meaning = "Channel to sense, and how long: channel by channel, time by time."
        high = float(len(labels) - 1)
        return Spec("discrete", (Coordinate("access", meaning, high=high, labels=labels),))

    def objective_bounds(self) -> tuple[tuple[float, float], ...]:
        """Return the bounds: the widest channel for a whole slot, the target anywhere."""
        p = self.params
        farthest = -p.range_std_m if p.target else 0.0
        return (0.0, float(p.capacities_mbps().max())), (farthest, 0.0), (-1.0, 0.0)

    def allocate(self, n: int) -> records.State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params, self.users)

    @property
    def users(self) -> int:
        """Number of users."""
        return 1
