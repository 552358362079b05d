"""Declaration of ``isac/SparseArrayBeam-v0``."""

import math
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model, State
from isac_envs.engine.jit import record
from isac_envs.envs.beam_management.sparse_array_beam import baselines, kernel
from isac_envs.envs.beam_management.sparse_array_beam.params import SparseArrayBeamParams
from isac_envs.envs.beam_management.sparse_array_beam.pattern import SAMPLE


class SparseArrayBeam(Model):
    r"""An array with quantised phase shifters learns beams from their measured quality.

    Elements stand at whole half wavelengths $p_n$, by default 10 elements on 19 places (35 mm at 77
    GHz). Each has a phase shifter of $q$ bits, and perhaps a fixed phase error that nobody knows.
    The agent sets all phases together and never observes the channel. In communication mode a user
    reports the received power. In radar mode the ratio of the main lobe, towards a known direction,
    to the highest side lobe is measured.

    1. Weights: $w_n = e^{j (\phi_n + \epsilon_n)} / \sqrt{N}$ with $\phi_n = 2 \pi l_n / 2^q$ and
       errors $\epsilon_n \sim N(0, \sigma^2)$.
    2. Pattern: $F(u) = |\sum_n w_n^* e^{j \pi p_n u}|^2$, with $u$ the sine of the angle.
    3. Main lobe: $|u - u_0| \le 2 / (p_{max} + 1)$, where $u - u_0$ wraps around with period 2.
    4. Radar: $m = [10 \lg(\max_{lobe} F / \max_{outside} F) - \kappa\, 10 \lg(\max_{lobe} F /
       F(u_0))]$ / ``radar_scale_db``. The second logarithm is the pointing loss and counts up to 20
       dB.
    5. Communication: $h = \sum_l \alpha_l a(\theta_l)$ with $\alpha_l \sim CN(0, 1/L)$ and $a_n =
       e^{j \pi p_n \sin\theta}$; $m = |h^H w|^2 N / (\sum_n |h_n|)^2$, which is 1 for unquantised
       phases.
    6. Feedback: noise $CN(0, 1/\mathrm{snr})$ is added to $h^H w$ over the root of its bound, and
       to the amplitude of each lobe over $\sqrt{N}$, before powers are taken. The pointing loss has
       no noise.
    7. Reward: the measured $m$ (``level``), its change (``delta``), or +1 where it beats the last
       one and -1 otherwise (``sign``, as published). The last one is of the same mode.
    8. After each step the mode switches with probability ``switch_probability``; or it is drawn at
       each reset; or it stays.

    The pattern is sampled at 8 points in the half width of the main lobe. Episodes are truncated,
    never terminated. They begin with random phases that were measured once in each mode.

    Beam learning means two things here. With ``channel="fixed"`` one scene, drawn from
    ``channel_seed``, serves all episodes and copies. The agent learns the beam of a place whose
    channel and hardware it does not know; held-out episodes differ only in their first phases,
    modes and noise. This is the published experiment. With ``channel="episode"`` every episode has
    its own scene, and an agent has to learn how to search.

    Without the pointing loss ($\kappa = 0$) the published difference of peaks rewards beams whose
    peak squints to the edge of the main lobe, 7 dB away from the target. With 1 the gain towards
    the target counts. Where the publication is silent we chose: places, bits, numbers of paths,
    noise and the units of the reward (10 dB count as 1). ``level`` is the default because ``sign``
    forgets how good a beam is: under it the optimum, held, earns -1. Scores are meaningful under
    ``level`` only; under the other two read the metrics.

    For communication ``optimum`` is exact, by a sweep over one common phase. A radar of few
    elements is searched completely, a larger one by coordinate descent from many starts.
    ``rounded`` knows channel and errors and rounds every phase separately. Heuristics know neither.
    ``codebook`` has tried all beams of an oversampled DFT codebook beforehand, and steers the radar
    without regard to errors. With a single path and no phase errors it leaves little to learn.
    ``coordinate_search`` comes near the optimum within as many beams as there are levels in all
    (128 on ``ula_16``, 0.85 of the optimum). Its score is low because it pays for the search in
    each episode.
    """

    id = "isac/SparseArrayBeam-v0"
    summary = "Quantised phases of a sparse array for radar or a user, learned from feedback."
    source = (
        "Problem: beam learning of a sparse transmit array for radar and communication by a "
        "Wolpertinger agent, IEEE SAM 2022, pp. 316-320 (abstract only); base algorithm: Y. Zhang, "
        "M. Alrabeiah, A. Alkhateeb, 'Reinforcement learning of beam codebooks in millimeter wave "
        "and terahertz MIMO systems', IEEE Trans. Commun. 2021, arXiv 2102.11392. Equations and "
        "numbers are our choice."
    )
    default_scenario = "sparse_10"
    params_type = SparseArrayBeamParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = kernel.STATE_FIELDS
    objectives = (
        Signal("radar", "Reward in radar mode."),
        Signal("communication", "Reward in communication mode."),
    )
    metrics = (
        Signal("measured", "Measurement that was fed back (m)."),
        Signal("radar", "1 in radar mode, else 0; the radar's metrics are then 0."),
        Signal(
            "communication",
            "1 in communication mode, else 0; the metrics of the channel are then 0.",
        ),
        Signal("main_lobe_db", "Largest gain in the main lobe.", "dB"),
        Signal("side_lobe_db", "Largest gain outside the main lobe.", "dB"),
        Signal("side_lobe_ratio_db", "Main lobe over side lobe.", "dB"),
        Signal("pointing_loss_db", "Peak of the main lobe over the radar direction.", "dB"),
        Signal("gain", "Gain of the beam in the channel, |h^H w|^2."),
        Signal("gain_over_bound", "Gain over the gain of unquantised phases, 0..1."),
        Signal("gain_over_optimum", "Gain over the gain of the best levels, 0..1."),
    )
    summaries = (
        Summary(
            "gain_over_optimum",
            "Mean gain over the exact optimum in communication mode.",
            "gain_over_optimum",
            "communication",
        ),
        Summary(
            "side_lobe_ratio_db", "Mean ratio in radar mode, dB.", "side_lobe_ratio_db", "radar"
        ),
    )
    baselines = baselines.BASELINES
    reference_baseline = "optimum"
    scene = "isac_envs.envs.beam_management.sparse_array_beam.scene:draw"

    def observation_spec(self) -> Spec:
        """Return phases, mode, radar direction and the last measurements."""
        limit = kernel.LIMIT
        return Spec(
            "box",
            (
                *self._each("cosine", "Cosine of its phase.", low=-1.0),
                *self._each("sine", "Sine of its phase.", low=-1.0),
                Coordinate("radar", "1 if the next beam is for the radar."),
                Coordinate("communication", "1 if it is for the user."),
                Coordinate("steer_sine", "Sine of the radar direction.", low=-1.0),
                Coordinate("last", "Last measurement in this mode.", low=-limit, high=limit),
                Coordinate(
                    "best", "Best measurement of it in the episode.", low=-limit, high=limit
                ),
            ),
        )

    def action_spec(self) -> Spec:
        """Return the phases of all elements, as levels or as angles."""
        if self.params.action == "phases":
            meaning = "Phase; the nearest level is set."
            pi = math.pi
            return Spec("box", self._each("phase", meaning, unit="rad", low=-pi, high=pi))
        meaning = "Level of the phase shifter."
        return Spec("multi_discrete", self._each("level", meaning, high=self.params.levels - 1.0))

    def allocate(self, n: int) -> State:
        """Return zeroed environments, elements and sums of the pattern of ``n`` copies."""
        p = self.params
        return kernel.State(
            np.zeros(n, self.env_dtype),
            np.zeros((n, p.elements), record(*kernel.ELEMENT_FIELDS)),
            np.zeros((n, 4, p.samples), SAMPLE),
        )

    def _each(self, name: str, meaning: str, **bounds: Any) -> tuple[Coordinate, ...]:
        """Return a coordinate for each element."""
        count = self.params.elements
        return tuple(Coordinate(f"{name}_{n}", meaning, **bounds) for n in range(count))
