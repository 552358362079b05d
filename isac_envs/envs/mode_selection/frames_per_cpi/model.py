"""Declaration of ``isac/FramesPerCpi-v0``."""

from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.envs.mode_selection.frames_per_cpi import baselines, kernel
from isac_envs.envs.mode_selection.frames_per_cpi.exact import transition_model
from isac_envs.envs.mode_selection.frames_per_cpi.params import FramesPerCpiParams
from isac_envs.planning import FiniteMdp


class FramesPerCpi(Model):
    r"""A vehicle chooses how many frames share one coherent processing interval (CPI).

    Each frame of the integrated waveform begins with a preamble that doubles as a radar pulse. With
    more frames the radar detects more, and measures velocity better and over a wider range. With
    fewer frames less of the CPI is overhead, but the channel estimate of a preamble ages until the
    end of its frame. Let $N$ frames share a CPI of length $T$, so $T_f = T / N$:

    1. Unambiguous speed: $v_{max} = \lambda / (4 T_f)$. The speed of a target is normal and lies
       within it with probability $P_u = 2 \Phi(v_{max} / \sigma_v) - 1$.
    2. Cramer-Rao bound of the velocity: $\mathrm{crb} = \lambda / (4 \pi T_f) \sqrt{6 / (\rho N
       (N^2 - 1))}$ with $\rho$ the radar SNR of one preamble. Swerling 1 detection: $P_d =
       P_{fa}^{1 / (1 + \rho N)}$. Sensing utility: $U = P_d P_u e^{-\mathrm{crb} /
       \mathrm{scale}}$.
    3. Ageing keeps $j = J_0(2 \pi f T_f / 2)^2$ of the link's power and turns the rest into
       interference. The frame error rate (PER) is logistic in the remaining SNR.
    4. A CPI carries $\lfloor R N (T_f - T_{oh})^+ (1 - \mathrm{PER}) / \mathrm{bits} \rfloor$
       packets of ``packet_bits``. The queue sends as many as wait. Arrivals are Poisson; packets
       above the capacity are dropped.
    5. The channel class stays with probability ``channel_stays`` and moves to a neighbour otherwise
       (an inner class to either one with equal probability).
    6. Reward: $w_c \cdot$ ``sent / arrival_mean`` $+ w_s U - w_d \cdot$ ``dropped / arrival_mean``.

    Episodes start in a state drawn uniformly over queue lengths and channel classes. Whatever the
    action, a step takes two draws: the arrivals and the channel.

    Planning beats the one-step rewards and fixed waveforms that the publication compares with: the
    optimum at 12 arrivals is 35 % above the greedy policy and 122 % above the best fixed number of
    frames. But "send the most, and among equals sense the most" goes 97 % of the way from random to
    optimal, so the scenarios by arrivals validate a learner. The benchmark is ``sensing_heavy``,
    where no such rule passes 90 %.
    """

    id = "isac/FramesPerCpi-v0"
    summary = "How many frames, each a radar pulse and a data packet, share a coherent interval."
    source = (
        "State, action and goals: N. H. Chu, D. N. Nguyen, D. T. Hoang, Q.-V. Pham, K. T. Phan, "
        "W.-J. Hwang, E. Dutkiewicz, 'AI-enabled mm-waveform configuration for autonomous "
        "vehicles with integrated communication and sensing', arXiv 2202.11508; all equations "
        "and numbers are our choice."
    )
    default_scenario = "arrivals_12"
    params_type = FramesPerCpiParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = kernel.STATE_FIELDS
    objectives = (
        Signal("communication", "Reward of the packets sent."),
        Signal("sensing", "Reward of the sensing utility."),
        Signal("buffer", "Penalty of packets lost to a full queue."),
    )
    costs = (
        Signal("miss", "One minus the sensing utility."),
        Signal("dropped", "Packets lost to a full queue.", "packets"),
    )
    metrics = (
        Signal("packets_sent", "Packets sent in the CPI.", "packets"),
        Signal("packets_dropped", "Packets lost to a full queue.", "packets"),
        Signal("backlog", "Packets in the queue after the CPI.", "packets"),
        Signal("frames", "Frames in the CPI.", "frames"),
        Signal("sensing_utility", "Worth of the CPI to the radar, 0..1."),
        Signal("max_speed_m_s", "Largest unambiguous speed.", "m/s"),
        Signal("velocity_crb_m_s", "Cramer-Rao bound of the velocity's deviation.", "m/s"),
        Signal("detection_probability", "Probability that a Swerling 1 target is detected."),
        Signal("unambiguous_probability", "Probability that a target's speed is unambiguous."),
        Signal("frame_error_rate", "Probability that a frame's data is lost (PER)."),
        Signal("overhead_fraction", "Share of the CPI that carries no data."),
        Signal("rate_bps", "Data rate of the CPI after lost frames.", "bit/s"),
    )
    summaries = (
        Summary("throughput", "Packets sent per CPI.", "packets_sent"),
        Summary("sensing_utility", "Mean worth of a CPI to the radar.", "sensing_utility"),
        Summary("drops", "Packets per CPI that found the queue full.", "packets_dropped"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "optimum"
    scene = "isac_envs.envs.mode_selection.frames_per_cpi.scene:draw"
    finite = True

    def observation_spec(self) -> Spec:
        """Return the observation in the form that the parameters ask for."""
        form = self.params.observation
        capacity, classes = self.params.queue_capacity, len(self.params.snr_db)
        labels = tuple(f"{snr_db:g} dB" for snr_db in self.params.snr_db)
        if form == "index":
            meaning = "Index of the state: queue, then channel, in row-major order."
            states = (capacity + 1) * classes
            return Spec("discrete", (Coordinate("state", meaning, high=states - 1.0),))
        if form == "vector":
            queue = Coordinate("queue", "Packets waiting, from empty (-1) to full (1).", low=-1.0)
            meaning = "Channel class, from worst (-1) to best (1)."
            return Spec("box", (queue, Coordinate("channel", meaning, low=-1.0)))
        queue = Coordinate("queue", "Packets waiting.", "packets", high=capacity)
        channel = Coordinate("channel", "Channel class.", high=classes - 1.0, labels=labels)
        return Spec("multi_discrete", (queue, channel))

    def action_spec(self) -> Spec:
        """Return the choice among the numbers of frames."""
        labels = tuple(f"{count} frames" for count in self.params.frame_counts)
        meaning = "Number of frames in the CPI."
        return Spec(
            "discrete", (Coordinate("frames", meaning, high=len(labels) - 1.0, labels=labels),)
        )

    def transition_model(self) -> FiniteMdp:
        """Return the exact finite MDP with ``(queue_capacity + 1) * len(snr_db)`` states."""
        return transition_model(self.params)

    def state_index(self, state: State) -> npt.NDArray[np.int64]:
        """Return the index of each copy's state, shape ``(n,)``."""
        env: Any = state[0]
        return np.asarray(env["queue"] * len(self.params.snr_db) + env["channel"], np.int64)

    def all_states(self) -> State:
        """Return one copy in each state."""
        shape = (self.params.queue_capacity + 1, len(self.params.snr_db))
        queue, channel = np.indices(shape).reshape(2, -1)
        state = self.allocate(len(queue))
        state[0]["queue"], state[0]["channel"] = queue, channel
        return state
