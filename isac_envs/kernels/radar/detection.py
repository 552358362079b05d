r"""Exact detection probabilities of a square-law detector for targets of Swerling's five cases.

The statistic is the sum over N pulses of squared magnitudes of complex samples with unit noise
power, :math:`E \lvert w \rvert^2 = 1` (variance 1/2 in each component). ``snr`` is the mean
signal-to-noise power ratio of one pulse at the same point (after a matched filter, if there is
one): not :math:`2 E / N_0`, which is 3 dB larger. A false alarm happens in one cell of a map: the
probability of at least one in K independent cells is :math:`1 - (1 - p_\mathrm{fa})^K`.

Cases: 0 constant; 1 exponential power, one draw for all N pulses; 2 exponential, a draw for each
pulse; 3 gamma of shape 2, one draw; 4 gamma of shape 2, a draw for each pulse. For N = 1 case 2 is
case 1 and case 4 is case 3.

Sources: P. Swerling, "Probability of detection for fluctuating targets", IRE Trans. IT-6(2), 1960;
D. P. Meyer and H. A. Mayer, "Radar Target Detection", 1973. With :math:`L(s)` the Laplace transform
of the statistic, case 3 is :math:`L = (1 + s)^{2 - N} / (1 + c s)^2` and case 4 is
:math:`L = ((1 + s) / (1 + c s)^2)^N`: mixtures of gamma laws with negative-binomial and binomial
weights, all positive, hence the exact sums below.

Functions that end in ``_one`` are scalar kernels without checks.
"""

import math

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.gamma import (
    exp_or_zero,
    gamma_pair,
    gamma_upper_inverse,
    lower_series,
    poisson_probability,
)
from isac_envs.kernels.numerics.marcum import marcum_pair

_NEGLIGIBLE = 1e-18

SNR = Range(0.0, 1e8)
FALSE_ALARM_PROBABILITY = Range(1e-100, 0.999999)
PULSES = Range(1.0, 10000.0, whole=True)
SWERLING = Range(0.0, 4.0, whole=True)


@jit
def detection_threshold_one(false_alarm_probability: Real, pulses: Real) -> Real:
    """Return the threshold T on the sum over pulses.

    :math:`Q(N, T)` is the false alarm probability.
    """
    return gamma_upper_inverse(float(pulses), false_alarm_probability)


@jit
def swerling_1_single_pulse_one(snr: Real, threshold: Real) -> Real:
    r"""Return the detection probability of cases 1 and 2 for one pulse.

    :math:`\exp(-T / (1 + \mathrm{snr}))`.
    """
    return mathx.exp(-threshold / (1.0 + snr))


@jit
def _geometric_sum(n: float, threshold: float, q: float) -> float:
    """Return sum over m >= 1 of q**m poisson(n + m - 1; threshold), for 0 <= q < 1."""
    z = q * threshold
    if z < n:
        return q * poisson_probability(n, threshold) * lower_series(n, z)
    scale = mathx.exp((1.0 - n) * mathx.ln(q) - threshold * (1.0 - q))
    return scale * gamma_pair(n, z)[0]


@jit
def swerling_0_one(snr: Real, threshold: Real, pulses: Real) -> Real:
    """Return the detection probability of a constant target (the Marcum Q function).

    Args:
        snr: SNR of one pulse or channel use, linear.
        threshold: Threshold T on the sum over the pulses, over the noise power.
        pulses: Number of pulses that are summed.
    """
    return marcum_pair(pulses, pulses * snr, threshold)[1]


@jit
def swerling_1_one(snr: Real, threshold: Real, pulses: Real) -> Real:
    """Return the detection probability of exponential power, one draw for all pulses.

    Args:
        snr: SNR of one pulse or channel use, linear.
        threshold: Threshold T on the sum over the pulses, over the noise power.
        pulses: Number of pulses that are summed.
    """
    if pulses == 1:
        return exp_or_zero(-threshold / (1.0 + snr))
    n, total_snr = float(pulses), pulses * snr
    extra = _geometric_sum(n, threshold, total_snr / (1.0 + total_snr))
    return min(gamma_pair(n, threshold)[1] + extra, 1.0)


@jit
def swerling_2_one(snr: Real, threshold: Real, pulses: Real) -> Real:
    """Return the detection probability of exponential power, a draw for each pulse.

    Args:
        snr: SNR of one pulse or channel use, linear.
        threshold: Threshold T on the sum over the pulses, over the noise power.
        pulses: Number of pulses that are summed.
    """
    return gamma_pair(float(pulses), threshold / (1.0 + snr))[1]


@jit
def _weighted_geometric_sum(n: float, threshold: float, q: float, first: float) -> float:
    """Return the sum of :func:`_geometric_sum`, which is ``first``, with its terms times m."""
    z = q * threshold
    if z >= n:
        return (z - n + 1.0) * first + z * poisson_probability(n - 1.0, threshold)
    base = q * poisson_probability(n, threshold)
    total, m = 0.0, 1.0
    while m * base > _NEGLIGIBLE * total:
        total += m * base
        base *= z / (n + m)
        m += 1.0
    return total


@jit
def swerling_3_one(snr: Real, threshold: Real, pulses: Real) -> Real:
    """Return the detection probability of gamma power of shape 2, one draw for all pulses.

    Args:
        snr: SNR of one pulse or channel use, linear.
        threshold: Threshold T on the sum over the pulses, over the noise power.
        pulses: Number of pulses that are summed.
    """
    n, half = float(pulses), 0.5 * pulses * snr
    q = half / (1.0 + half)
    first = _geometric_sum(n, threshold, q)
    second = _weighted_geometric_sum(n, threshold, q, first)
    return min(gamma_pair(n, threshold)[1] + first + second / (1.0 + half), 1.0)


@jit
def swerling_4_one(snr: Real, threshold: Real, pulses: Real) -> Real:
    """Return the detection probability of gamma power of shape 2, a draw for each pulse.

    Args:
        snr: SNR of one pulse or channel use, linear.
        threshold: Threshold T on the sum over the pulses, over the noise power.
        pulses: Number of pulses that are summed.
    """
    n, half = float(pulses), 0.5 * snr
    y = threshold / (1.0 + half)
    mean = n * half / (1.0 + half)
    b = max(0.0, math.floor(mean - 9.0 * math.sqrt(mean / (1.0 + half))) - 4.0)
    if b == 0.0:
        weight = exp_or_zero(-n * mathx.ln(1.0 + half))
    else:  # the binomial probability as a ratio of Poisson probabilities
        weight = poisson_probability(b, mean) * poisson_probability(n - b, n / (1.0 + half))
        weight /= poisson_probability(n, n)
    tail = gamma_pair(n + b, y)[1]
    step = poisson_probability(n + b, y)
    total = 0.0
    while True:
        term = weight * tail
        total += term
        if b >= n or (b > mean and term <= _NEGLIGIBLE * total):
            return min(total, 1.0)
        weight *= half * (n - b) / (b + 1.0)
        tail += step
        b += 1.0
        step *= y / (n + b)


@jit
def detection_probability_one(snr: Real, threshold: Real, pulses: Real, swerling: Real) -> Real:
    """Return the detection probability of a Swerling case 0..4 above a threshold.

    Args:
        snr: SNR of one pulse or channel use, linear.
        threshold: Threshold T on the sum over the pulses, over the noise power.
        pulses: Number of pulses that are summed.
        swerling: Swerling case, 0..4.
    """
    if swerling == 0:
        return swerling_0_one(snr, threshold, pulses)
    if swerling == 1:
        return swerling_1_one(snr, threshold, pulses)
    if swerling == 2:
        return swerling_2_one(snr, threshold, pulses)
    if swerling == 3:
        return swerling_3_one(snr, threshold, pulses)
    return swerling_4_one(snr, threshold, pulses)


_threshold = elementwise(
    detection_threshold_one, false_alarm_probability=FALSE_ALARM_PROBABILITY, pulses=PULSES
)
_probability = elementwise(
    detection_probability_one,
    snr=SNR,
    threshold=Range(0.0, 1e6),
    pulses=PULSES,
    swerling=SWERLING,
)
swerling_1_single_pulse = elementwise(
    swerling_1_single_pulse_one, snr=SNR, threshold=Range(0.0, 700.0)
)


def detection_threshold(false_alarm_probability: Real, pulses: Real = 1) -> Real:
    """Return the threshold on the sum of N squared magnitudes, in units of the noise power.

    Args:
        false_alarm_probability: In one cell, in [1e-100, 0.999999].
        pulses: Number N of noncoherently integrated pulses, 1..10000.

    Returns:
        The threshold T, where :math:`Q(N, T)` is the false alarm probability: a float for numbers,
        else a float64 array of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range, or ``pulses`` is not a whole number.
    """
    return _threshold(false_alarm_probability, pulses)


def detection_probability(
    snr: Real, false_alarm_probability: Real, pulses: Real = 1, swerling: Real = 1
) -> Real:
    """Return the probability that a target is detected; absolute error below 1e-12.

    Args:
        snr: Mean signal-to-noise power ratio of one pulse (linear), in [0, 1e8].
        false_alarm_probability: In one cell, in [1e-100, 0.999999].
        pulses: Number of noncoherently integrated pulses, 1..10000.
        swerling: Fluctuation case, 0..4.

    Returns:
        The detection probability: a float for numbers, else a float64 array of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range, or a count is not a whole number.
    """
    return _probability(snr, detection_threshold(false_alarm_probability, pulses), pulses, swerling)
