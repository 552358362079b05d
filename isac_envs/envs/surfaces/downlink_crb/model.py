"""Declaration of ``isac/DownlinkCrb-v0``."""

from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.surfaces.downlink_crb import baselines, kernel, records
from isac_envs.envs.surfaces.downlink_crb.params import DownlinkCrbParams
from isac_envs.envs.surfaces.downlink_crb.records import State
from isac_envs.envs.surfaces.observing import MOST

_SHORTFALL = Signal("shortfall", "What users lack of the required ratio, summed.", "dB")


class DownlinkCrb(Model):
    r"""A base station serves users and measures the angle of a target with the same beams.

    1. Base station: $N_t$ transmit and $N_r$ receive antennas, linear arrays with half a wavelength
       between neighbours. It sends a stream to each of $K$ users and one for sensing, with beams
       $w_j$ of power $P$ together, so that $R = W W^H$.
    2. User $k$ has a Rayleigh channel $h_k$. Its mean gain is that of a distance, uniform in a ring
       for each episode, or 1 (``gains``). From slot to slot, $h_k' = \rho h_k + \sqrt{1 -
       \rho^2}\, n$ with $\rho = J_0(2 \pi f_D T)$. The base station knows the channels of the slot
       before (``csi_delay``), with independent errors of relative power ``csi_error``.
    3. $\mathrm{SINR}_k = |h_k w_k|^2 / (\sum_{j \ne k} |h_k w_j|^2 + \sigma^2)$. The sensing stream
       is heard like the others, or known to the users and cancelled (``sensing_stream``). A user
       lacks $[\Gamma - \mathrm{SINR}_k]^+$ in dB, at most 40; the shortfall is the sum.
    4. The target at the angle $\theta$ from broadside has an echo of amplitude $\alpha$ between two
       antennas, $|\alpha|^2 = \lambda^2 \sigma_{\mathrm{RCS}} / ((4 \pi)^3 d^4)$, or 1. Over $L$
       samples, with unknown complex amplitude, $\mathrm{CRB}(\theta) = \frac{\sigma^2}{2 L
       |\alpha|^2 P} \left[ \lVert \dot b \rVert^2 a^H R a + \lVert b \rVert^2 (\dot a^H R \dot a -
       |\dot a^H R a|^2 / a^H R a) \right]^{-1}$ for $P = 1$ in $R$
       ([kernel](../kernels.md)).
    5. The accuracy is $-\lg \sqrt{\mathrm{CRB}}$ in degrees at the true angle, so that half the
       error is worth 0.3. The reward is $w_1 \sum_k \log_2(1 + \mathrm{SINR}_k)$ plus $w_2$ times
       the accuracy plus $w_3$, which is minus its price, times the shortfall.
    6. A bound is worth nothing where an echo is not found. It is detected with the probability
       $P_{fa}^{1 / (1 + \gamma)}$ (Swerling 1), $\gamma = L N_r |\alpha|^2 P\, a^H R a / \sigma^2$.
       Then an angle is measured with the variance of the bound.
    7. The base station's Kalman filter turns these into a believed angle and rate. The target's
       rate per slot follows $\omega' = \kappa \omega - \nu^2 (\theta - \theta_0) + q n$ and its
       angle $\theta' = \theta + \omega'$, with $\kappa = e^{-T / \tau}$, $\nu$ the ratio of both
       standard deviations, $q^2 = (1 - \kappa^2)\, \mathrm{std}(\omega)^2$: about these deviations.
       The filter is exact, up to the edge at 80 degrees.

    The action ``structured`` has $K + 3$ numbers: the powers of the users relative to each other;
    the share $s = (a + 1) / 2$ of the sensing beam; the regularisation $\lambda$ of regularised
    zero forcing, from $-20$ to $20$ dB around $K \sigma^2 / P$; and where the sensing beam looks,
    up to $2 / N_t$ in the sine beside the believed angle. That beam is $(I + H^H H / \lambda)^{-1}
    a^*$: it spares the users as much as they spare each other. All of it is made from estimates and
    belief. ``full`` asks for all beams, $2 N_t (K + 1)$ numbers that are scaled to the power.

    Sensing feeds back: with too little power at the target its echo is missed, the belief drifts,
    and the next beams miss it too. Estimates are late and have errors, so that what they promise is
    not what users get: ``structured_search``, which trusts them, earns less than the line search
    with equal powers, and that less than the constants of ``cautious``. A policy has to learn how
    much to trust them.

    ``optimum`` knows the channels and the angle of the slot and takes the best known action for it.
    In ``one_shot`` and ``single_user``, one slot with everything known, it is within $10^{-3}$ of
    semidefinite programmes ($\sqrt{\mathrm{CRB}} = 0.00075$ degrees for 4 users at 10 dB, 0.00078
    for 6; 0.00072 for one user at 20 dB) and of the closed form. There the best sensing beam is
    none: what users have to hear may as well be their own signal.

    In ``few_receivers``, $N_r < N_t$, the bound invites a trap. Its second term, what the
    transmitted beams tell apart by themselves, can be worth more than the aperture of the receiver,
    and the best covariance leaves the target nearly dark: at 16 and 12 antennas with the powers of
    ``one_shot``, 1.6 % of the power that can arrive there. Its echo is not detected, and the belief
    is lost. In the scenario, the best known beams bring 10 % there and are detected in 32 % of the
    slots; those of ``regularised_line_search``, with a bound 1.7 times as large, bring 18 % and are
    detected in 51 %. With 20 receive antennas the best known beams bring 36 %, and 82 % are
    detected (48 episodes).
    """

    id = "isac/DownlinkCrb-v0"
    summary = "Beams for users, and for the angle of a target that is known by its echoes alone."
    source = (
        "Problem: F. Liu, Y.-F. Liu, A. Li, C. Masouros, Y. C. Eldar, IEEE Trans. Signal Process. "
        "70, 2022, arXiv 2101.12530 (bound under SINR constraints, optima). Motion, ageing, the "
        "tracker, the structured action and the observation are our choice."
    )
    params_type = DownlinkCrbParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal("rate", "Sum of the users' rates.", "bit/s/Hz"),
        Signal("accuracy", "Minus the decimal logarithm of the root of the bound in degrees."),
        _SHORTFALL,
    )
    costs: ClassVar[tuple[Signal, ...]] = (_SHORTFALL,)
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("root_crb_deg", "Root of the bound on the angle, at most 100.", "deg"),
        Signal("radar_snr_db", "Radar SNR over all receive antennas and samples.", "dB"),
        Signal("detected", "1 where the echo was detected."),
        Signal("illumination", "Power that arrives at the target over the most that can."),
        Signal("angle_error_deg", "Magnitude of the error of the believed angle.", "deg"),
        Signal("normalised_error", "Its square over the variance that the filter states."),
        Signal("least_sinr_db", "Smallest ratio of a user.", "dB"),
        Signal("sensing_share", "Share of the power on the sensing stream."),
    )
    summaries = (
        Summary("root_crb_deg", "Root of the bound on the angle, degrees.", "root_crb_deg"),
        Summary("detected", "Share of the slots with a detected echo.", "detected"),
        Summary("angle_error_deg", "Error of the believed angle, degrees.", "angle_error_deg"),
        Summary("sensing_share", "Share of the power on the sensing stream.", "sensing_share"),
    )
    baselines = baselines.BASELINES
    reference_baseline = "optimum"
    scene = "isac_envs.envs.surfaces.downlink_crb.scene:draw"

    def observation_spec(self) -> Spec:
        """Return what is known of the users, then of the target."""
        p = self.params
        wide: dict[str, Any] = {"low": -MOST, "high": MOST}
        seen: tuple[Coordinate, ...]
        if p.observation == "channels":
            seen = (
                Coordinate("channel", "Estimated channels, both parts, user by user; root mean "
                           "square 1.", size=2 * p.users * p.transmit_antennas, **wide),
            )  # fmt: skip
        else:
            seen = (
                Coordinate("toward_target", "Share of a user's estimated channel that points to "
                           "the believed angle.", high=1.0 + 1e-6, size=p.users),
                Coordinate("apart", "Share of it that is left without what other users hear.",
                           size=p.users),
            )  # fmt: skip
        return Spec("box", (
            *seen,
            Coordinate("snr", "SNR of a user with all the power on a matched beam.", "20 dB",
                       size=p.users, **wide),
            Coordinate("last_excess", "Ratio of a user in the last slot over the required one.",
                       "10 dB", size=p.users, **wide),
            Coordinate("believed_sine", "Sine of the believed angle.", low=-1.0),
            Coordinate("believed_rate", "Believed angular rate.", "2/N_t rad a slot", **wide),
            Coordinate("believed_std", "Standard deviation of the believed angle.", "2/N_t rad",
                       high=MOST),
            Coordinate("detected", "1 where the last echo was detected."),
            Coordinate("radar_snr", "1 plus radar SNR of the last echo, if detected.", "20 dB",
                       high=MOST),
        ))  # fmt: skip

    def action_spec(self) -> Spec:
        """Return powers, regularisation and direction, or all beams."""
        p = self.params
        if p.precoder == "full":
            return Spec("box", (
                Coordinate("precoder", "Both parts of the beams of all streams, antenna by "
                           "antenna, sensing last; their power is set.", low=-1.0,
                           size=2 * p.transmit_antennas * (p.users + 1)),
            ))  # fmt: skip
        return Spec("box", (
            Coordinate("user_power", "Power of a user beside that of the others; -1 is none.",
                       low=-1.0, size=p.users),
            Coordinate("sensing_share", "Share of the power on the sensing stream; -1 is none, 1 "
                       "all.", low=-1.0),
            Coordinate("regularisation", "Regularisation over K times noise over power, in 20 dB.",
                       low=-1.0),
            Coordinate("direction", "Sine of the sensing beam beside the believed one, over 2 / "
                       "N_t, half the width of the beam between its zeros.", low=-1.0),
        ))  # fmt: skip

    def allocate(self, n: int) -> State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
