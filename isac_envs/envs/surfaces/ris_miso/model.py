"""Declaration of ``isac/RisMiso-v0``."""

from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.surfaces.asking import phase_coordinates
from isac_envs.envs.surfaces.observing import MOST
from isac_envs.envs.surfaces.records import ENV_FIELDS, State
from isac_envs.envs.surfaces.ris_miso import baselines, kernel, records
from isac_envs.envs.surfaces.ris_miso.params import RisMisoParams


class RisMiso(Model):
    r"""A surface turns its phases so that a base station reaches walking users.

    A base station with $M$ antennas at the origin serves $K$ users with one antenna each, over
    direct paths and over a surface of $N$ elements. In each slot of `slot_s` the agent sets the
    phases of all elements. The base station then makes its precoder from estimates, and the users
    receive what the true channels give.

    1. Places: everything is in a plane. The users walk with `speed_m_s` in a disc, their headings
       diffuse, and the rim reflects them.
    2. Legs: direct paths $h_d$ $(K \times M)$, $G$ from antennas to elements $(N \times M)$, and
       $h_r$ from elements to users $(K \times N)$. Each has a mean loss $L_1 + s \lg d$ in dB and
       Rician fading: $h = \sqrt{g} (\sqrt{\kappa / (\kappa + 1)}\, e^{-j 2 \pi d /
       \lambda} a + \sqrt{1 / (\kappa + 1)}\, z)$.
    3. Arrays are linear with half a wavelength between neighbours, that of the base station along
       $y$, the surface along $x$: $a_n = e^{j \pi (n - (N - 1) / 2) c}$ with $c$ the cosine between
       the direction and the array. They are in each other's far field, also where $N$ is large.
    4. Motion: the line of sight follows the true place, so its phase turns. The scattered part of
       the users' legs is a process $z' = \rho z + \sqrt{1 - \rho^2}\, w$ with $\rho = J_0(2 \pi f_D
       T)$ and $f_D$ the speed over the wavelength. $G$ stays for the episode.
    5. Elements: $\Gamma_n = A(\theta_n)\, e^{j (\theta_n + \epsilon_n)}$ with $\theta_n$ the phase
       that is set, after rounding to $2^b$ levels if `phase_bits` is $b > 0$, and a fixed error
       $\epsilon_n$ that nobody knows. $A(\theta) = (1 - A_0) ((\sin(\theta - \phi) + 1) / 2)^k +
       A_0$; $A_0$ = `least_amplitude` = 1 uncouples it.
    6. Channels over the surface: $h_k = h_{d,k} + (h_{r,k} \odot \Gamma)\, G$, nothing conjugated.
    7. Knowledge: $\hat h(t) = h(t - D) + e$ for $h_d$ and $h_r$, with $D$ = `csi_delay` and $e \sim
       CN(0, \eta\, g)$, $\eta$ = `csi_error`, new in each slot and for each coefficient. $G$ and
       mean losses are known.
    8. Precoder $W$ with $\|W\|^2 = P$, from $\hat h$ and $\theta$: maximum ratio, regularised zero
       forcing with $\lambda = K \sigma^2 / P$, or WMMSE from there, until an iteration gains less
       than 0.001 bit/s/Hz, at most 30. ``learned``: it is part of the action and scaled to the
       power, so that the scale of an action changes nothing.
    9. $\mathrm{SINR}_k = |h_k w_k|^2 / (\sum_{j \ne k} |h_k w_j|^2 + \sigma^2)$, and the reward is
       $\sum_k \alpha_k \log_2(1 + \mathrm{SINR}_k)$, with the true channels and phases.

    An episode starts with uniform phases. The forms of the action: ``increments`` of at most
    `largest_increment_deg`, ``phases``, ``levels`` of `phase_bits`, or one beam of a ``codebook``
    that sends the base station's wave to one of `codebook_size` directions, uniform in the cosine.

    The observation ``directions`` has four numbers for each element: cosine and sine of its phase,
    and the complex number $\Gamma_n^* c_n$. With precoder, estimates and other elements fixed, each
    power that a user receives is a constant plus $2\, \mathrm{Re}(\Gamma_n^* q)$, and $c_n$ is the
    sum of these $q$ with the derivatives of the rate by the powers. So the angle of the number is
    how far to turn, exact for one user, and its size is what it matters. All are scaled to a mean
    square of 1. A network that is the same for all elements suffices, and the position in the
    surface is not needed. Then come the rate of each user that the estimates promise, and that of
    the last slot. ``channels`` holds the estimates themselves, over the roots of their mean gains.
    With a learned precoder, ``directions`` also has the estimated channels over the surface, and
    refers to the precoder of the last slot.

    Estimates are the difficulty: errors are new in each slot, so they can be averaged, but what
    was seen becomes old. `surface` = ``absent`` gives the floor without a surface. For one antenna
    and one user the best phases of a slot are exact, in any Rician fading. For several users
    alternating optimisation ends in a local optimum that depends on the start. It is the best
    known, with the true channels and phase errors. The base station still precodes with estimates.
    At high SNR and with independent fading on all legs, precoders decide everything and a surface
    is worth little; the default puts the users behind an obstacle. ``guo2020`` reaches 0.594 nats
    without a surface and 0.603 with random phases (2000 draws, 95 % within 0.005); published are
    0.581 and 0.588 over 100 draws, whose standard error is 0.010.
    """

    id = "isac/RisMiso-v0"
    summary = "Phases of a reconfigurable surface, and beams, for several walking users."
    source = (
        "Problem: C. Huang, R. Mo, C. Yuen, IEEE J. Sel. Areas Commun. 38(8), 2020, arXiv "
        "2002.10072 (learning phases and beams); H. Guo, Y.-C. Liang, J. Chen, E. G. Larsson, IEEE "
        "Trans. Wireless Commun. 19(5), 2020, arXiv 1912.11768 (weighted rate); Q. Wu, R. Zhang, "
        "IEEE Trans. Wireless Commun. 18(11), 2019 (alternating optimisation). Motion, knowledge "
        "and the observation are our choice."
    )
    params_type = RisMisoParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = ENV_FIELDS
    objectives = (Signal("rate", "Weighted sum of the users' rates.", "bit/s/Hz"),)
    metrics = (
        Signal("sum_rate", "Sum of the users' rates, without weights.", "bit/s/Hz"),
        Signal("least_rate", "Smallest rate of a user.", "bit/s/Hz"),
        Signal("expected_rate", "Weighted rate that the estimates promise.", "bit/s/Hz"),
        Signal("sinr_db", "Signal over interference and noise, mean of the users' dB.", "dB"),
        Signal(
            "channel_snr_db",
            "Squared length of a user's channel over the surface, with all the power over the "
            "noise; mean of the users' dB.",
            "dB",
        ),
    )
    summaries = (
        Summary("sum_rate", "Sum of the users' rates.", "sum_rate"),
        Summary("least_rate", "Smallest rate of a user.", "least_rate"),
        Summary("channel_snr_db", "SNR of a user alone with all the power, dB.", "channel_snr_db"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "alternating"
    scene = "isac_envs.envs.surfaces.ris_miso.scene:draw"

    def observation_spec(self) -> Spec:
        """Return each element in turn, then the users."""
        p = self.params
        wide: dict[str, Any] = {"low": -MOST, "high": MOST}
        phase = Coordinate("phase", "Cosine and sine of the phase of an element.", low=-1.0, size=2)
        last = Coordinate("last_rate", "Rate of a user in the last slot.", "10 bit/s/Hz",
                          high=MOST, size=p.users)  # fmt: skip
        if p.observation == "channels":
            legs = Coordinate(
                "legs", "Its legs to users and antennas over the root of their mean gain, both "
                "parts.", size=2 * (p.users + p.antennas), **wide,
            )  # fmt: skip
            direct = Coordinate(
                "direct", "Direct paths of a user, the same.", size=2 * p.antennas, **wide
            )
            return Spec("box", (*(phase, legs) * p.elements, *(direct,) * p.users, last))
        slope = Coordinate(
            "direction", "Best phase of an element less its phase, as a complex number whose "
            "size is what it matters; root mean square 1.", size=2, **wide,
        )  # fmt: skip
        channels = Coordinate(
            "channel", "Channel of a user over the surface, both parts; root mean square 1.",
            size=2 * p.antennas, **wide,
        )  # fmt: skip
        expected = Coordinate("expected_rate", "Rate of a user that the estimates promise.",
                              "10 bit/s/Hz", high=MOST, size=p.users)  # fmt: skip
        beams = (channels,) * p.users if p.precoder == "learned" else ()
        return Spec("box", (*(phase, slope) * p.elements, *beams, expected, last))

    def action_spec(self) -> Spec:
        """Return the phases of all elements, and the beams where they are learned."""
        p = self.params
        kind, phases = phase_coordinates(p)
        if p.precoder != "learned":
            return Spec(kind, (phases,))
        beams = Coordinate(
            "precoder", "Both parts of the precoder, antenna by antenna; its power is set.",
            low=-1.0, size=2 * p.antennas * p.users,
        )  # fmt: skip
        return Spec(kind, (phases, beams))

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
