r"""The cascade: channels over a surface, from every element's reflection coefficient.

Between a transmitter with M antennas and K receivers,

.. math::

    h_k = h_{d,k} + (h_{r,k} \odot \Gamma)\, G

with the direct paths :math:`h_d` of shape ``(K, M)``, the legs :math:`h_r` between receivers and
elements, ``(K, N)``, the legs G between elements and antennas, ``(N, M)``, and the coefficients
:math:`\Gamma`: plain products, nothing is conjugated. It is reciprocal: transmitters and receivers
may be exchanged.

Source: Q. Wu and R. Zhang, IEEE Trans. Wireless Commun. 18(11), 2019.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.precoding.rates import complex_matrix


class Links(NamedTuple):
    """The channels that a surface connects; arrays of complex128."""

    direct: Any
    """Direct paths h_d, shape ``(K, M)``."""
    reflected: Any
    """Legs h_r between users and elements, shape ``(K, N)``."""
    incident: Any
    """Legs G between elements and antennas, shape ``(N, M)``."""


@jit
def fill_cascade(links: Links, reflection: Any, out: Any) -> None:
    """Write the channels of all users.

    Args:
        links: The channels that the surface connects.
        reflection: Coefficients of the elements, shape ``(N,)``.
        out: Receives the channels, shape ``(K, M)``.
    """
    users, antennas = out.shape
    for k in range(users):
        for m in range(antennas):
            out[k, m] = links.direct[k, m]
        for n in range(reflection.shape[0]):
            weight = links.reflected[k, n] * reflection[n]
            for m in range(antennas):
                out[k, m] += weight * links.incident[n, m]


def cascade(
    direct: npt.ArrayLike,
    reflected: npt.ArrayLike,
    reflection: npt.ArrayLike,
    incident: npt.ArrayLike,
) -> np.ndarray:
    r"""Return the channels over a surface, :math:`h_d + (h_r \odot \Gamma)\, G`.

    Args:
        direct: Direct paths h_d that broadcast to the result; 0 for none.
        reflected: Legs h_r between K users and the elements, shape ``(K, N)``, or ``(N,)``.
        reflection: Coefficients Gamma, shape ``(N,)``.
        incident: Legs G between the elements and the antennas, shape ``(N, M)``.

    Returns:
        complex128, shape ``(K, M)``, or ``(M,)``.

    Raises:
        ValueError: The shapes do not fit.
    """
    legs, coefficients, far = (
        np.array(each, np.complex128, order="C") for each in (reflected, reflection, incident)
    )
    elements = legs.shape[-1:]
    if not (
        0 < legs.ndim < 3 and far.ndim == 2 and elements == coefficients.shape == far.shape[:1]
    ):
        shapes = f"{legs.shape}, {coefficients.shape} and {far.shape}"
        raise ValueError(f"reflected, reflection and incident of shapes {shapes} do not fit")
    rows = np.atleast_2d(legs)
    whole = np.array(np.broadcast_to(direct, (*legs.shape[:-1], far.shape[1])), np.complex128)
    out = np.empty((len(rows), far.shape[1]), np.complex128)
    fill_cascade(Links(whole.reshape(out.shape), rows, far), coefficients, out)
    return out.reshape(whole.shape)


def checked_links(
    direct: npt.ArrayLike, reflected: npt.ArrayLike, incident: npt.ArrayLike
) -> Links:
    """Return copies of the channels that a surface connects, checked.

    Args:
        direct: Direct paths h_d, complex, shape ``(K, M)``.
        reflected: Legs h_r between users and elements, shape ``(K, N)``.
        incident: Legs G between elements and antennas, shape ``(N, M)``.

    Raises:
        ValueError: A shape does not fit, or a value is not finite.
    """
    paths = complex_matrix("direct", direct, -1, -1)
    users, antennas = paths.shape
    legs = complex_matrix("reflected", reflected, users, -1)
    return Links(paths, legs, complex_matrix("incident", incident, legs.shape[1], antennas))


def checked_reflection(reflection: npt.ArrayLike | None, elements: int) -> np.ndarray:
    """Return a copy of reflection coefficients; ones for None.

    Args:
        reflection: Coefficients of magnitude 1 at most, shape ``(N,)``, or None.
        elements: Number N of elements.

    Raises:
        ValueError: The shape does not fit, or a magnitude exceeds 1.
    """
    if reflection is None:
        return np.ones(elements, np.complex128)
    out = complex_matrix("reflection", reflection, elements)
    check_range("abs(reflection)", np.abs(out), Range(0.0, 1.0 + 1e-9))
    return out


def checked_states(states: npt.ArrayLike | None) -> np.ndarray:
    """Return a copy of the coefficients that an element can have; an empty array for None.

    Args:
        states: Coefficients of magnitude 1 at most, shape ``(L,)``, or None for free phases.

    Raises:
        ValueError: They are no vector, or a magnitude exceeds 1.
    """
    if states is None:
        return np.zeros(0, np.complex128)
    out = complex_matrix("states", states, -1)
    check_range("abs(states)", np.abs(out), Range(0.0, 1.0 + 1e-9))
    return out
