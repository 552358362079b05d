"""Waiting times of queues with and without priorities, and the age of information of updates.

Sources: L. Kleinrock, "Queueing Systems, Volume II", 1976, chapter 3 (priority queues); S. Kaul,
R. Yates and M. Gruteser, "Real-time status: how often should one update?", INFOCOM 2012 (age).

Functions that end in ``_one``, and those that fill ``out``, are kernels without checks.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import jit

Array = npt.NDArray[np.float64]


@jit
def preemptive_waits(rate: Any, mean: Any, second_moment: Any, out: Any) -> None:
    r"""Write the mean waits of an M/G/1 queue with preemptive-resume priorities.

    .. math::

        W_k = \frac{1}{1 - \rho_{<k}} \left( E[S_k]
            + \frac{\sum_{i \le k} \lambda_i E[S_i^2]}{2 (1 - \rho_{\le k})} \right) - E[S_k]

    for the arrival rates :math:`\lambda_i`, with the load :math:`\rho` summed over the classes of
    the
    index: sojourn time less service time, so that interruptions count as waiting.

    Args:
        rate: Arrivals per second of each class, highest priority first, shape ``(K,)``.
        mean: Mean service times, s, shape ``(K,)``.
        second_moment: :math:`E[S^2]` (not the variance), s**2, shape ``(K,)``.
        out: Receives the waits in s, infinite for classes that are not served in full, ``(K,)``.
    """
    above, residual = 0.0, 0.0
    for k in range(rate.shape[0]):
        load = above + rate[k] * mean[k]
        residual += 0.5 * rate[k] * second_moment[k]
        if load < 1.0:
            out[k] = (mean[k] + residual / (1.0 - load)) / (1.0 - above) - mean[k]
        else:
            out[k] = np.inf
        above = load


@jit
def nonpreemptive_waits(rate: Any, mean: Any, second_moment: Any, out: Any) -> None:
    r"""Write the mean waits of an M/G/1 queue whose running service is never interrupted.

    :math:`W_k = \sum_i \lambda_i E[S_i^2] / (2 (1 - \rho_{<k}) (1 - \rho_{\le k}))` for the arrival
    rates :math:`\lambda_i`, with the load :math:`\rho` summed over the classes of the index. If the
    total load is 1 or more, the first class that is not served in full takes all the remaining
    time, and the residual service is that of the served classes.

    Args:
        rate: Arrivals per second of each class, highest priority first, shape ``(K,)``.
        mean: Mean service times, s, above 0, shape ``(K,)``.
        second_moment: :math:`E[S^2]` (not the variance), s**2, shape ``(K,)``.
        out: Receives the waits in s, infinite for classes that are not served in full, ``(K,)``.
    """
    above, residual = 0.0, 0.0
    for k in range(rate.shape[0]):
        if above >= 1.0:
            break
        served = min(rate[k], (1.0 - above) / mean[k])
        residual += 0.5 * served * second_moment[k]
        above += rate[k] * mean[k]
    above = 0.0
    for k in range(rate.shape[0]):
        load = above + rate[k] * mean[k]
        out[k] = residual / ((1.0 - above) * (1.0 - load)) if load < 1.0 else np.inf
        above = load


@jit
def _fill_waits(rate: Any, mean: Any, second_moment: Any, preemptive: bool, out: Any) -> None:
    for b in range(rate.shape[0]):
        if preemptive:
            preemptive_waits(rate[b], mean[b], second_moment[b], out[b])
        else:
            nonpreemptive_waits(rate[b], mean[b], second_moment[b], out[b])


def priority_waits(
    arrival_rate_hz: npt.ArrayLike,
    mean_service_s: npt.ArrayLike,
    second_moment_s2: npt.ArrayLike,
    discipline: str = "preemptive",
) -> Array:
    """Return the mean waiting times of the classes of an M/G/1 priority queue.

    Args:
        arrival_rate_hz: Arrivals per second, highest priority first, shape ``(..., K)``.
        mean_service_s: Mean service times E[S], s, broadcast against the rates.
        second_moment_s2: :math:`E[S^2]` in s**2, at least :math:`E[S]^2`, broadcast against the
            rates.
        discipline: ``"preemptive"`` (resume) or ``"nonpreemptive"``.

    Returns:
        Waits in s (sojourn less service), shape ``(..., K)``; infinite where a class is not served.

    Raises:
        ValueError: A value is outside its range, or the discipline is unknown.
    """
    if discipline not in ("preemptive", "nonpreemptive"):
        raise ValueError(f"discipline = {discipline!r} is outside {{preemptive, nonpreemptive}}")
    columns = np.broadcast_arrays(
        *(
            np.asarray(each, dtype=np.float64)
            for each in (arrival_rate_hz, mean_service_s, second_moment_s2)
        )
    )
    rate, mean, second = (np.array(each, order="C") for each in columns)
    if rate.ndim == 0:
        raise ValueError("arrival_rate_hz has shape (), expected (..., K)")
    check_range("arrival_rate_hz", rate, Range(0.0, 1e12, "Hz"))
    check_range("mean_service_s", mean, Range(0.0, 1e12, "s", open_low=True))
    check_range("second_moment_s2", second, Range(0.0, 1e24, "s^2", open_low=True))
    short = second < mean * mean * (1.0 - 1e-12)
    if short.any():
        raise ValueError(
            f"second_moment_s2 = {float(second[short][0])!r} is outside [mean_service_s**2, 1e24]; "
            "it is E[S**2], not the variance"
        )
    out = np.empty(rate.shape)
    classes = rate.shape[-1]
    _fill_waits(
        rate.reshape(-1, classes),
        mean.reshape(-1, classes),
        second.reshape(-1, classes),
        discipline == "preemptive",
        out.reshape(-1, classes),
    )
    return out


@jit
def mm1_sojourn_one(arrival_rate_hz: Real, service_rate_hz: Real) -> Real:
    r"""Return the mean time of a task in an M/M/1 queue, service included, s.

    :math:`1 / (\mu - \lambda)` (L. Kleinrock, "Queueing Systems, Volume I", 1975, eq. 3.26;
    recalled), infinite where more arrives than is served.
    """
    margin = service_rate_hz - arrival_rate_hz
    return 1.0 / margin if margin > 0.0 else np.inf


@jit
def age_mm1_one(load: Real, service_rate_hz: Real) -> Real:
    """Return the mean age of information of a first-come first-served M/M/1 queue, s."""
    return (1.0 + 1.0 / load + load * load / (1.0 - load)) / service_rate_hz


@jit
def age_md1_one(load: Real, service_rate_hz: Real) -> Real:
    """Return the mean age of information of a first-come first-served M/D/1 queue, s."""
    idle = 1.0 - load
    return (0.5 / idle + 0.5 + idle * mathx.exp(load) / load) / service_rate_hz


@jit
def age_slotted_one(success_probability: Real) -> Real:
    r"""Return the mean age in slots of updates generated at will, one slot each.

    Every slot delivers a fresh update with the given probability p, which resets the age to 1:
    :math:`P(\mathrm{age} = k) = p (1 - p)^{k - 1}`, with the mean :math:`1 / p`.
    """
    return 1.0 / success_probability


_LOAD = Range(1e-9, 1.0 - 1e-9)
_RATE = Range(1e-12, 1e15, "Hz")

mm1_sojourn = elementwise(
    mm1_sojourn_one, arrival_rate_hz=Range(0.0, 1e15, "Hz"), service_rate_hz=_RATE
)
age_mm1 = elementwise(age_mm1_one, load=_LOAD, service_rate_hz=_RATE)
age_md1 = elementwise(age_md1_one, load=_LOAD, service_rate_hz=_RATE)
age_slotted = elementwise(age_slotted_one, success_probability=Range(0.0, 1.0, open_low=True))
