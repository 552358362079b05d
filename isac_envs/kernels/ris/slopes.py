r"""How the weighted sum rate of a downlink depends on every element of a surface at once.

With the beams and all other elements fixed, each power that a user receives is a constant plus
:math:`2\, \mathrm{Re}(\Gamma_n^* q)`. The slope of an element is the sum of these q with the
derivatives of the rate, in nats, by the powers. Its part across :math:`\Gamma_n` is the derivative
of the rate by the phase; for one user its angle is the best phase. Derived here.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.hermitian import scaled_one, square_one
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
