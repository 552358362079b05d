r"""How the weighted sum rate of a downlink depends on every element of a surface at once.

With the beams and all other elements fixed, each power that a user receives is a constant plus
:math:`2\, \mathrm{Re}(\Gamma_n^* q)`. The slope of an element is the sum of these q with the
derivatives of the rate, in nats, by the powers. Its part across :math:`\Gamma_n` is the derivative
of the rate by the phase; for one user its angle is the best phase. Derived here.

The same for one receiver whose channel is one of several, with shares :math:`c_i` (or whose paths
are told apart only by their power): :math:`\ln(1 + S / I)` with :math:`S = S_0 + \sum_i c_i
\lvert h_i w_0 \rvert^2` and :math:`I = I_0 + \sum_i c_i \sum_{j > 0} \lvert h_i w_j \rvert^2`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import check_range
from isac_envs.engine.jit import jit
from isac_envs.engine.mathx import ln
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one
from isac_envs.kernels.precoding.leakage import fill_mean_powers
from isac_envs.kernels.precoding.rates import (
    NOISE,
    complex_matrix,
    fill_gains,
    received_powers,
    user_weights,
)
from isac_envs.kernels.precoding.wmmse import Downlink
from isac_envs.kernels.ris.cascade import Links, checked_links, checked_reflection, fill_cascade
from isac_envs.kernels.ris.rates import SurfaceWork, surface_work


@jit
def fill_slopes(
    links: Links, precoder: Any, downlink: Downlink, work: SurfaceWork, reflection: Any, out: Any
) -> None:
    """Write the slopes of all elements; they share the derivatives, so each takes K M products.

    Args:
        links: The channels that the surface connects.
        precoder: W, shape ``(M, K)``.
        downlink: Power, noise and weights.
        work: Its ``wmmse.gains`` are T = H W with the present coefficients; its channels and
            factors are overwritten.
        reflection: Present coefficients, shape ``(N,)``.
        out: Receives the slopes, shape ``(N,)``.
    """
    gains, factors, pulls = work.wmmse.gains, work.wmmse.factors, work.channels
    users, antennas = pulls.shape
    for k in range(users):
        signal, others = received_powers(gains, k, downlink.noise_w)
        wanted = downlink.weights[k] / others
        heard = wanted * signal / (signal + others)
        factors[0, k], factors[1, k] = wanted, heard
        for m in range(antennas):
            total = scaled_one(gains[k, k] * precoder[m, k].conjugate(), wanted)
            for j in range(users):
                total -= scaled_one(gains[k, j] * precoder[m, j].conjugate(), heard)
            pulls[k, m] = total
    for n in range(out.shape[0]):
        slope, own, arriving = complex(0.0, 0.0), 0.0, 0.0
        for j in range(users):
            beam = complex(0.0, 0.0)
            for m in range(antennas):
                beam += links.incident[n, m] * precoder[m, j]
            square = square_one(beam)
            arriving += square
            own += factors[0, j] * square * square_one(links.reflected[j, n])
        for k in range(users):
            leg, pull = links.reflected[k, n], complex(0.0, 0.0)
            for m in range(antennas):
                pull += pulls[k, m] * links.incident[n, m].conjugate()
            slope += leg.conjugate() * pull
            own -= factors[1, k] * arriving * square_one(leg)
        out[n] = slope - scaled_one(reflection[n], own)  # what the element itself adds is constant


@jit
def fill_receiver_slopes(
    links: Links, shares: Any, precoder: Any, gains: Any, powers: Any, reflection: Any, out: Any
) -> None:
    """Write the slopes of the rate of one receiver whose channel is one of several.

    Args:
        links: A row for each channel that it may have.
        shares: Their shares c, at least 0, shape ``(I,)``.
        precoder: W, shape ``(M, J)``; column 0 is wanted, the others disturb.
        gains: T = H W with the present coefficients, shape ``(I, J)``.
        powers: S and I, with all that does not depend on the surface.
        reflection: Present coefficients, shape ``(N,)``.
        out: Receives the slopes, shape ``(N,)``.
    """
    signal, others = powers
    wanted = 1.0 / (signal + others)
    unwanted = wanted - 1.0 / others
    for n in range(out.shape[0]):
        slope, own = complex(0.0, 0.0), 0.0
        for j in range(precoder.shape[1]):
            beam, heard, legs = complex(0.0, 0.0), complex(0.0, 0.0), 0.0
            for m in range(precoder.shape[0]):
                beam += links.incident[n, m] * precoder[m, j]
            for i in range(shares.shape[0]):
                leg = links.reflected[i, n]
                heard += scaled_one(leg.conjugate() * gains[i, j], shares[i])
                legs += shares[i] * square_one(leg)
            factor = wanted if j == 0 else unwanted
            slope += scaled_one(beam.conjugate() * heard, factor)
            own += factor * square_one(beam) * legs
        out[n] = slope - scaled_one(reflection[n], own)  # what the element itself adds is constant


def receiver_slopes(
    direct: npt.ArrayLike,
    reflected: npt.ArrayLike,
    incident: npt.ArrayLike,
    precoder: npt.ArrayLike,
    reflection: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
) -> tuple[float, np.ndarray]:
    r"""Return the rate of one receiver whose channel is one of several, and its slopes.

    The noise has power 1. :math:`2\, \mathrm{Im}(\Gamma_n^* c_n)` is the derivative of the rate, in
    nats, by the phase of element n in rad.

    Args:
        direct: Direct paths of the channels that it may have, complex, shape ``(I, M)``.
        reflected: Legs between it and the elements, shape ``(I, N)``.
        incident: Legs G between elements and antennas, shape ``(N, M)``.
        precoder: W, complex, shape ``(M, J)``; column 0 is wanted, the others disturb.
        reflection: Present coefficients of magnitude 1 at most, shape ``(N,)``; None is 1.
        weights: Shares of the channels in [0, 1e12], one or ``(I,)``; None is 1.

    Returns:
        :math:`\ln(1 + S / I)`; complex128, shape ``(N,)``: c.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    links = checked_links(direct, reflected, incident)
    rows, antennas = links.direct.shape
    beams = complex_matrix("precoder", precoder, antennas, -1)
    phases = checked_reflection(reflection, len(links.incident))
    shares = user_weights(weights, rows)
    channels, out = np.empty((rows, antennas), np.complex128), np.empty(len(phases), np.complex128)
    gains = np.empty((rows, beams.shape[1]), np.complex128)
    fill_cascade(links, phases, channels)
    fill_gains(channels, beams, gains)
    heard = np.empty(beams.shape[1])
    fill_mean_powers(gains, shares, heard)
    powers = float(heard[0]), 1.0 + sum(float(power) for power in heard[1:])
    fill_receiver_slopes(links, shares, beams, gains, powers, phases, out)
    return float(ln(1.0 + powers[0] / powers[1])), out


def surface_slopes(
    direct: npt.ArrayLike,
    reflected: npt.ArrayLike,
    incident: npt.ArrayLike,
    precoder: npt.ArrayLike,
    reflection: npt.ArrayLike | None = None,
    noise_w: float = 1.0,
    weights: npt.ArrayLike | None = None,
) -> np.ndarray:
    r"""Return the slopes of the weighted sum rate, in nats, by all elements of a surface.

    :math:`2\, \mathrm{Im}(\Gamma_n^* c_n)` is the derivative by the phase of element n in rad.

    Args:
        direct: Direct paths h_d, complex, shape ``(K, M)``.
        reflected: Legs h_r between users and elements, shape ``(K, N)``.
        incident: Legs G between elements and antennas, shape ``(N, M)``.
        precoder: W, complex, shape ``(M, K)``.
        reflection: Present coefficients of magnitude 1 at most, shape ``(N,)``; None is 1.
        noise_w: Noise power of a user in W, in [1e-300, 1e30].
        weights: Weights of the users in [0, 1e12], one or ``(K,)``; None is 1.

    Returns:
        complex128, shape ``(N,)``: c.

    Raises:
        ValueError: A shape does not fit, or a value is outside its range.
    """
    links = checked_links(direct, reflected, incident)
    (users, antennas), elements = links.direct.shape, len(links.incident)
    beams = complex_matrix("precoder", precoder, antennas, users)
    phases = checked_reflection(reflection, elements)
    check_range("noise_w", float(noise_w), NOISE)
    downlink = Downlink(1.0, float(noise_w), user_weights(weights, users))
    work, out = surface_work(users, antennas, elements), np.empty(elements, np.complex128)
    fill_cascade(links, phases, work.channels)
    fill_gains(work.channels, beams, work.wmmse.gains)
    fill_slopes(links, beams, downlink, work, phases, out)
    return out
