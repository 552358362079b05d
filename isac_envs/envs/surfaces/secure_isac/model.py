"""Declaration of ``isac/SecureIsac-v0``."""

from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from isac_envs.declaration.fields import Coordinate, Signal, Spec, Summary
from isac_envs.declaration.model import Model
from isac_envs.envs.surfaces.asking import phase_coordinates
from isac_envs.envs.surfaces.observing import MOST
from isac_envs.envs.surfaces.secure_isac import baselines, kernel, records
from isac_envs.envs.surfaces.secure_isac.params import SecureIsacParams


class SecureIsac(Model):
    r"""A surface keeps a message from an eavesdropper, whom the base station finds by her echoes.

    A base station with $M$ antennas at the origin sends a message to a user, directly and over a
    surface of $N$ elements. An eavesdropper walks near the user and listens. In each slot of
    `slot_s` the agent sets the phases of all elements, and how much of the power is artificial
    noise or a sensing signal. Places, legs, motion, phases and elements are those of
    ``isac/RisMiso-v0``; the eavesdropper is a receiver with losses and a walk of her own.

    1. Receivers: $h_b$ of the user and $h_e$ of the eavesdropper, $h = h_d + (h_r \odot \Gamma)\,
       G$, with noise of power $\sigma^2$ at both.
    2. Beams: the message $w$, artificial noise $v$ and sensing $s$, with shares of the power $P$
       that sum to 1. Neither receiver knows $v$ and $s$: $\mathrm{SINR} = |h w|^2 / (|h v|^2 +
       |h s|^2 + \sigma^2)$.
    3. Reward: the secrecy rate $[\log_2(1 + \mathrm{SINR}_b) - \log_2(1 + \mathrm{SINR}_e)]^+$ with
       the true channels and phases.
    4. Knowledge of the user: $\hat h(t) = h(t - D) + e$ with delay and errors, as in
       ``isac/RisMiso-v0``. That of the eavesdropper is ``estimated`` in the same way, or follows
       from where she is believed to be (``sensed``).
    5. Echoes: the eavesdropper scatters all beams $W$. Her radar SNR over the direct path is
       $\gamma_D = g\, \|h_d\|^2 \|h_d W\|^2$, that over the surface $\gamma_S$ is the same with
       $(h_r \odot \Gamma)\, G$; $g$ is the gain of her radar cross section times `samples`, over
       $\sigma^2$, and $\|W\|^2 = P$. Both are taken to be resolved in delay, whatever the
       bandwidth; what goes out on one path and returns on the other is left out. Each is detected
       with the probability $P_\mathrm{FA}^{1 / (1 + \gamma)}$, a Swerling 1 target.
    6. Measurements: a detected echo gives a range with the variance $3 c^2 / (8 \pi^2 \gamma B^2)$,
       from the base station or from the surface. The direct one also gives the cosine with the
       array, with the variance $6 / (\pi^2 \gamma (M^2 - 1))$, if there are two antennas or more.
       The base station knows $\gamma$ of what it detects. No range is better than 1 mm, no cosine
       than 0.0001.
    7. Belief: a Kalman filter of place and velocity. Her heading diffuses, and the rim mirrors her
       after $\pi r / 2$ on average; mean and covariance of a change of her velocity are those of
       this walk. Ranges are linearised to second order. The first belief is her place with an error
       of `start_error_m` in each coordinate.
    8. Leakage: $R = \sum_i c_i (h_{d,i}^H h_{d,i} + h_{s,i}^H h_{s,i})$, from lines of sight to
       five places: the surface resolves directions finely, so they are whole deviations apart
       across the way from the surface. As in ``isac/RisMiso-v0``, all are in each other's far
       field, also where a surface is large. The phase between the paths is not known at this
       accuracy, so their powers add. With estimated channels $R = \hat h_e^H \hat h_e$.
    9. ``leakage``: $w \propto (\sigma^2 I / P + R)^{-1} \hat h_b^H$, the beam of the largest signal
       to leakage and noise; $v$ is the strongest beam of $R$ in the null space of $\hat h_b$, and
       $s$ that of $R$ alone. With one antenna all three are that antenna. ``learned``: both parts
       of $w$ and $v$ are in the action, scaled to the power, and $s = 0$.

    An episode starts with uniform phases. The action has the phases in one of the forms of
    ``isac/RisMiso-v0``, then a coordinate $a$ in -1..1 for each share, which is $((a + 1) / 2)^2$,
    so that shares around a percent can be set finely. With ``levels`` or a ``codebook`` it is $(l /
    (L - 1))^2$ of level $l$. Shares with a sum above 1 are scaled down together, and the message
    has the rest.

    The observation has six numbers for each element: cosine and sine of its phase, and the complex
    slopes of the rates of the user and of the eavesdropper, as expected for the last shares. Both
    are turned by the phase and scaled together, so that their difference is the slope of the
    secrecy rate. Then come both expected rates, the last rate of the user, the belief, the radar
    SNR of what was detected, and the last shares. What she received in the last slot is not seen.

    Noise and sensing have two uses. They drown the message where the eavesdropper is, and their
    echoes tell where that is. The message is steered away from her, so its echo does not reveal
    her. `informed` knows the channels, but the beams follow from the belief. It is the best known,
    not an optimum: its search ends in a local one. In ``single_antenna`` only phases keep the
    secret: without a surface, with random phases and with those of `informed` 0.45, 0.47 and 6.35
    bit/s/Hz are secret for 16 elements, 0.44, 0.57 and 8.84 for 49 (200 draws, 95 % within 0.08,
    0.14 and 0.27). ``kumar2021`` is a published set-up with known channels. The spread of a belief
    makes a null wide, so what is not known costs rate: the gap between `informed` and `robust`
    grows with `start_error_m` and with her speed.
    """

    id = "isac/SecureIsac-v0"
    summary = "A surface and artificial noise keep a message from an eavesdropper found by echoes."
    source = (
        "Problem: Z. Ren, L. Qiu, J. Xu, IEEE GLOBECOM 2021, arXiv 2110.12945 (a target that "
        "eavesdrops; sensing as artificial noise); V. Kumar, M. F. Flanagan, D. W. K. Ng, L.-N. "
        "Tran, IEEE GLOBECOM 2021 (secrecy with a surface); M. Sadek, A. Tarighat, A. H. Sayed, "
        "IEEE Trans. Wireless Commun. 6(5), 2007 (leakage); R. Liu et al., IEEE Trans. Wireless "
        "Commun. 2024, arXiv 2301.11134 (losses, echoes). Motion, belief and the observation are "
        "our choice."
    )
    params_type = SecureIsacParams
    kernel: ClassVar[ModuleType] = kernel
    env_fields = records.ENV_FIELDS
    objectives = (
        Signal(
            "secrecy_rate",
            "Rate of the user less that of the eavesdropper, at least 0.",
            "bit/s/Hz",
        ),
    )
    metrics: ClassVar[tuple[Signal, ...]] = (
        Signal("user_rate", "Rate of the user.", "bit/s/Hz"),
        Signal("eavesdropper_rate", "Rate of the eavesdropper.", "bit/s/Hz"),
        Signal("expected_rate", "Secrecy rate by what the base station knows.", "bit/s/Hz"),
        Signal("direct_snr_db", "Radar SNR of the eavesdropper's direct echo.", "dB"),
        Signal("surface_snr_db", "Radar SNR of her echo over the surface.", "dB"),
        Signal("place_error_m", "Distance of the believed place from hers.", "m"),
        Signal("normalised_error", "Its square over the covariance of the belief; 2 is right."),
        Signal("noise_share", "Share of the power for artificial noise."),
        Signal("sensing_share", "Share of the power for sensing."),
    )
    summaries: ClassVar[tuple[Summary, ...]] = (
        Summary("user_rate", "Rate of the user, bit/s/Hz.", "user_rate"),
        Summary("eavesdropper_rate", "Rate of the eavesdropper.", "eavesdropper_rate"),
        Summary("place_error_m", "Error of the believed place, m.", "place_error_m"),
        Summary("noise_share", "Power for artificial noise.", "noise_share"),
        Summary("sensing_share", "Power for sensing.", "sensing_share"),
    )
    baselines = baselines.BASELINES
    reference_baseline: ClassVar[str | None] = "informed"
    scene = "isac_envs.envs.surfaces.secure_isac.scene:draw"

    def observation_spec(self) -> Spec:
        """Return each element in turn, then the receivers and the belief."""
        p = self.params
        wide: dict[str, Any] = {"low": -MOST, "high": MOST}
        phase = Coordinate("phase", "Cosine and sine of the phase of an element.", low=-1.0, size=2)
        slope = Coordinate(
            "user_direction", "Where the user's rate grows, from the phase, as a complex number "
            "whose size is how fast.", size=2, **wide,
        )  # fmt: skip
        other = Coordinate(
            "eavesdropper_direction", "The same of the rate that the eavesdropper is expected to "
            "have; root mean square of both 1.", size=2, **wide,
        )  # fmt: skip
        antennas = p.antennas
        channels = (
            Coordinate("channel", "Estimated channel of the user over the surface, both parts; "
                       "root mean square 1.", size=2 * antennas, **wide),
            Coordinate("leakage", "Covariance of the eavesdropper's channel, both parts; root mean "
                       "square 1.", size=2 * antennas * antennas, **wide),
        )  # fmt: skip
        rate: dict[str, Any] = {"unit": "10 bit/s/Hz", "high": MOST}
        receivers = (
            Coordinate("expected_user_rate", "Rate of the user by what is known.", **rate),
            Coordinate("expected_eavesdropper_rate", "The same of the eavesdropper.", **rate),
            Coordinate("last_user_rate", "Rate of the user in the last slot.", **rate),
            Coordinate("believed_place", "Believed place of the eavesdropper from the centre of "
                       "her disc over its radius, x and y.", size=2, **wide),
            Coordinate("place_std", "Standard deviations of x and y over the radius.",
                       high=MOST, size=2),
            Coordinate("radar_snr", "Radar SNR of the last slot's echoes, directly and over the "
                       "surface; -6 without a detection.", "20 dB", size=2, **wide),
            Coordinate("last_share", "Shares of artificial noise and sensing in the last slot.",
                       size=2),
        )  # fmt: skip
        learned = channels if p.precoder == "learned" else ()
        return Spec("box", (*(phase, slope, other) * p.elements, *learned, *receivers))

    def action_spec(self) -> Spec:
        """Return the phases of all elements, then shares of power or learned beams."""
        p = self.params
        kind, phases = phase_coordinates(p)
        if p.precoder == "learned":
            beams = Coordinate(
                "beam", "Both parts of the beams of message and artificial noise, antenna by "
                "antenna; their power is set.", low=-1.0, size=4 * p.antennas,
            )  # fmt: skip
            return Spec(kind, (phases, beams))
        if kind == "box":
            bounds: dict[str, Any] = {"low": -1.0, "high": 1.0}
            scale = "the square of (a + 1) / 2"
        else:
            bounds, scale = {"high": p.share_levels - 1.0}, "the square of the level over the last"
        shares = (
            Coordinate("noise_share", f"Share of artificial noise, {scale}.", **bounds),
            Coordinate("sensing_share", f"Share of sensing, {scale}.", **bounds),
        )
        return Spec("box" if kind == "box" else "multi_discrete", (phases, *shares))

    def alone(self) -> Model:
        """Return the environment of the base station alone with these parameters."""
        return SecureIsac(self.params)

    def allocate(self, n: int) -> records.State:
        """Return zeroed arrays of ``n`` copies."""
        return records.allocate(np.zeros(n, self.env_dtype), self.params)
