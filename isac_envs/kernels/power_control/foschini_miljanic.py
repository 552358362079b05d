r"""The least powers at which links reach required ratios of signal to interference and noise.

With required ratios :math:`\gamma_k`, :math:`D = \mathrm{diag}(\gamma)`, :math:`F_{kj} = g_{kj} /
g_{kk}` off the diagonal and :math:`u_k = \sigma_k^2 / g_{kk}`, the requirements are
:math:`p \ge D (F p + u)`. They can be met if and only if the spectral radius of :math:`D F` is
below 1, and :math:`p = (I - D F)^{-1} D u` is then the least in every coordinate.

Where each transmitter has to reach several ratios, one at each of its receivers, the least powers
are the end of the iteration in which each takes the largest of what its receivers need. From no
power it only rises, so it shows when a budget does not suffice. The same powers follow faster from
the closed form for one receiver of each: as long as another one needs more, it takes its place, and
the powers rise again.

Sources: G. J. Foschini and Z. Miljanic, IEEE Trans. Veh. Technol. 42(4), 1993; R. D. Yates, IEEE J.
Sel. Areas Commun. 13(7), 1995 (several requirements; both recalled).
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.engine.jit import jit
from isac_envs.kernels.power_control.interference import Stop, gain_tables, stop_of

_NOISE = Range(1e-300, 1e30, "W")
_TARGET, _BUDGET = Range(0.0, 1e30), Range(0.0, 1e30, "W", open_low=True)
_SLACK = 1.0 + 1e-9  # a need that is larger by less is rounding


class Requirements(NamedTuple):
    """Ratios that K transmitters have to reach at M receivers each."""

    gains: Any
    """Power gains, float64, shape ``(M, K, K)``: which receiver, whose, from whom."""
    noise_w: Any
    """Noise powers of the receivers in W, above 0, shape ``(M,)``."""
    targets: Any
    """Required ratios, linear, at least 0, shape ``(M, K)``."""
    budget_w: float
    """Largest power of a transmitter in W."""


@jit
def fill_least_powers(needs: Requirements, which: Any, work: Any, powers: Any) -> bool:
    """Write the least powers for one receiver of each transmitter, in closed form.

    Args:
        needs: Gains, noise and required ratios; no budget is kept.
        which: Number of the receiver of each, 0..M-1, shape ``(K,)``.
        work: Scratch, shape ``(K, K)``.
        powers: Receives the powers in W, shape ``(K,)``, if they exist.

    Returns:
        Whether they exist.
    """
    count = powers.shape[0]
    for k in range(count):
        gains, target = needs.gains[which[k]], needs.targets[which[k], k]
        if not gains[k, k] > 0.0 and target > 0.0:
            return False
        need = target / gains[k, k] if target > 0.0 else 0.0
        for j in range(count):
            work[k, j] = 1.0 if j == k else -need * gains[k, j]
        powers[k] = need * needs.noise_w[which[k]]
    for k in range(count):  # elimination; such a matrix needs no pivots
        if not work[k, k] > 0.0:
            return False
        for i in range(k + 1, count):
            factor = work[i, k] / work[k, k]
            for j in range(k + 1, count):
                work[i, j] -= factor * work[k, j]
            powers[i] -= factor * powers[k]
    for k in range(count - 1, -1, -1):
        for j in range(k + 1, count):
            powers[k] -= work[k, j] * powers[j]
        powers[k] /= work[k, k]
    return True


@jit
def _needed(needs: Requirements, powers: Any, m: int, k: int) -> float:
    """Return the power that a receiver needs from its transmitter."""
    target, heard = needs.targets[m, k], needs.noise_w[m]
    for j in range(powers.shape[0]):
        heard += needs.gains[m, k, j] * powers[j] if j != k else 0.0
    return target * heard / needs.gains[m, k, k] if target > 0.0 else 0.0


@jit
def meet_all(needs: Requirements, which: Any, work: Any, powers: Any) -> bool:
    """Write the least powers that meet all requirements, by the closed form for some of them.

    Args:
        needs: Gains, noise, required ratios and budget.
        which: Receives the receiver that needs most, of each transmitter, shape ``(K,)``.
        work: Scratch, shape ``(K, K)``.
        powers: Receives the powers in W, shape ``(K,)``, if they exist.

    Returns:
        Whether they exist within the budget.
    """
    count, kinds = powers.shape[0], needs.gains.shape[0]
    for k in range(count):
        which[k] = 0
    for _ in range(count * kinds + 1):
        if not fill_least_powers(needs, which, work, powers):
            return False
        steady = True
        for k in range(count):
            most = powers[k] * _SLACK
            if most > needs.budget_w:
                return False
            for m in range(kinds):
                need = _needed(needs, powers, m, k)
                if need > most:
                    which[k], most, steady = m, need, False
        if steady:
            return True
    return False


@jit
def meet_requirements(needs: Requirements, stop: Stop, powers: Any) -> bool:
    """Write the least powers that meet all requirements within the budget.

    Args:
        needs: Gains, noise, required ratios and budget.
        stop: Relative growth of every power at which it ends, and the most iterations.
        powers: Receives the powers in W, shape ``(K,)``; where the budget does not suffice,
            those at which that showed.

    Returns:
        Whether they are met, up to the tolerance.
    """
    count = powers.shape[0]
    for k in range(count):
        powers[k] = 0.0
    for _ in range(stop.most):
        steady = True
        for k in range(count):
            power = powers[k]
            for m in range(needs.gains.shape[0]):
                power = max(power, _needed(needs, powers, m, k))
            if power > needs.budget_w:
                return False
            steady = steady and power - powers[k] <= stop.tolerance * power
            powers[k] = power
        if steady:
            return True
    return False


def requirements_of(
    gains: npt.ArrayLike, targets: npt.ArrayLike, noise_w: npt.ArrayLike, budget_w: float
) -> Requirements:
    """Return checked :class:`Requirements`.

    Args:
        gains: Power gains in [0, 1e30], shape ``(M, K, K)`` or ``(K, K)``.
        targets: Required ratios in [0, 1e30], linear; broadcast to ``(M, K)``.
        noise_w: Noise powers in [1e-300, 1e30] W, one or ``(M,)``.
        budget_w: Largest power of a transmitter in W, in (0, 1e30].

    Raises:
        ValueError: A shape does not fit, or a number is outside its range.
    """
    table = gain_tables(gains, "M")
    wanted, noise = np.array(targets, np.float64), np.array(noise_w, np.float64)
    check_range("targets", wanted, _TARGET)
    check_range("noise_w", noise, _NOISE)
    check_range("budget_w", float(budget_w), _BUDGET)
    kinds, count = table.shape[:2]
    return Requirements(
        table,
        np.array(np.broadcast_to(noise, (kinds,))),
        np.array(np.broadcast_to(wanted, (kinds, count))),
        float(budget_w),
    )


def least_powers(
    gains: npt.ArrayLike,
    targets: npt.ArrayLike,
    noise_w: npt.ArrayLike = 1.0,
    budget_w: float = 1e30,
) -> tuple[np.ndarray, bool]:
    """Return the least powers that reach all required ratios, and whether they exist.

    Args:
        gains: Power gains in [0, 1e30], shape ``(M, K, K)`` for M receivers of each transmitter,
            or ``(K, K)``: receiver, transmitter.
        targets: Required ratios in [0, 1e30], linear; broadcast to ``(M, K)``.
        noise_w: Noise powers in [1e-300, 1e30] W, one or ``(M,)``.
        budget_w: Largest power of a transmitter in W, in (0, 1e30].

    Returns:
        Powers in W, shape ``(K,)``, infinite where none suffice; whether some do.

    Raises:
        ValueError: A shape does not fit, or a number is outside its range.
    """
    needs = requirements_of(gains, targets, noise_w, budget_w)
    count = needs.gains.shape[1]
    powers, work, which = np.zeros(count), np.zeros((count, count)), np.zeros(count, np.int64)
    found = bool(meet_all(needs, which, work, powers))
    return (powers if found else np.full(count, np.inf)), found


def foschini_miljanic(
    gains: npt.ArrayLike,
    targets: npt.ArrayLike,
    noise_w: npt.ArrayLike = 1.0,
    budget_w: float = 1.0,
    tolerance: float = 1e-12,
    iterations: int = 100_000,
) -> tuple[np.ndarray, bool]:
    """Return what :func:`least_powers` does, by the iteration of Foschini and Miljanic.

    Args:
        gains: Power gains in [0, 1e30], shape ``(M, K, K)`` for M receivers of each transmitter,
            or ``(K, K)``.
        targets: Required ratios in [0, 1e30], linear; broadcast to ``(M, K)``.
        noise_w: Noise powers in [1e-300, 1e30] W, one or ``(M,)``.
        budget_w: Largest power of a transmitter in W, in (0, 1e30].
        tolerance: Relative growth of every power at which the iteration ends; at least 0.
        iterations: Largest number of iterations, in [0, 1e9].

    Returns:
        Powers in W, shape ``(K,)``; whether they reach the ratios.

    Raises:
        ValueError: A shape does not fit, or a number is outside its range.
    """
    needs = requirements_of(gains, targets, noise_w, budget_w)
    powers = np.zeros(needs.gains.shape[1])
    met = meet_requirements(needs, stop_of(tolerance, iterations), powers)
    return powers, bool(met)
