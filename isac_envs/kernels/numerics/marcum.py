r"""Generalised Marcum Q function as a Poisson mixture of incomplete gamma functions.

:math:`Q_M(a, b) = \sum_k \operatorname{poisson}(k; a^2 / 2)\, Q(M + k, b^2 / 2)` has only positive
terms: the distribution of a noncentral chi-square variate (Johnson, Kotz and Balakrishnan,
"Continuous Univariate Distributions 2", 1995, chapter 29). The terms are unimodal in k; the sum
starts nine standard deviations before a bound of the mode and ends where terms are negligible.
"""

import math

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.gamma import gamma_pair, poisson_probability

_NEGLIGIBLE = 1e-18
_CENTRAL = 1e-17  # below it the mean changes 1 - Q by less than rounding, and x**k vanishes
_TINY = 1e-250
_HOPELESS = 720.0  # 1 - Q_M(a, b) is below exp(-(a - b)**2 / 2)


@jit
def _crossing(order: float, product: float) -> float:
    """Return k >= 0 with k (k + order) = product."""
    half = 0.5 * order
    return product / (half + math.sqrt(half * half + product))


@jit
def _upper_sum(order: float, x: float, y: float) -> float:
    """Return sum_k poisson(k; x) Q(order + k, y), adding Q upwards."""
    mode = math.floor(max(x, _crossing(order, x * y)))
    k = max(0.0, mode - math.floor(9.0 * math.sqrt(mode)) - 4.0)
    n = order + k
    weight = poisson_probability(k, x)
    tail = gamma_pair(n, y)[1]
    step = poisson_probability(n, y)
    total = 0.0
    while True:
        term = weight * tail
        total += term
        tail += step
        k += 1.0
        n += 1.0
        inverse = 1.0 / (k * n)
        weight *= x * n * inverse
        step *= y * k * inverse
        if k > mode and term <= _NEGLIGIBLE * total:
            return total


@jit
def _last_term(order: float, x: float, y: float) -> float:
    """Return an index beyond which the terms of :func:`_lower_sum` are negligible."""
    mode = float(math.ceil(min(x, _crossing(order, x * y))))
    if mode > 1.0:
        return mode + math.ceil(9.0 * math.sqrt(mode + 1.0)) + 28.0
    k, bound = mode, 1.0
    while bound > _NEGLIGIBLE:
        k += 1.0
        bound *= min(x, x * y / (order + k)) / k
    return k


@jit
def _lower_sum(order: float, x: float, y: float) -> float:
    """Return sum_k poisson(k; x) P(order + k, y), adding P downwards."""
    mode = min(x, _crossing(order, x * y))
    k = _last_term(order, x, y)
    n = order + k
    weight = poisson_probability(k, x)
    head = gamma_pair(n, y)[0]
    step = poisson_probability(n - 1.0, y)
    inverse_x, inverse_y = 1.0 / x, 1.0 / y
    total = 0.0
    while True:
        term = weight * head
        total += term
        if k == 0.0 or (k < mode and term <= _NEGLIGIBLE * total):
            return total
        head += step
        weight *= k * inverse_x
        k -= 1.0
        n -= 1.0
        step *= n * inverse_y


@jit
def marcum_pair(order: float, x: float, y: float) -> tuple[float, float]:
    """Return the noncentral tail probabilities :math:`(1 - Q_M, Q_M)` in half squares.

    A sum of ``order`` squared magnitudes of circular Gaussian variates of unit variance and total
    squared mean ``x`` stays below ``y`` with the first probability, exceeds it with the second.

    Args:
        order: M, an integer of at least 1.
        x: :math:`a^2 / 2`, half the squared first argument of :math:`Q_M(a, b)`, in [0, 1e8].
        y: :math:`b^2 / 2`, half the squared second argument, at least 0.

    Returns:
        ``(1 - Q, Q)``; the smaller one has a relative error below 1e-12 down to 1e-250.
    """
    if y < _TINY:
        return 0.0, 1.0
    if x < _TINY:
        return gamma_pair(1.0 * order, y)
    if y < x + order:
        if x < _CENTRAL:
            return gamma_pair(1.0 * order, y)
        apart = math.sqrt(x) - math.sqrt(y)
        if y < x and apart * apart > _HOPELESS:
            return 0.0, 1.0
        lower = min(_lower_sum(order, x, y), 1.0)
        return lower, 1.0 - lower
    upper = min(_upper_sum(order, x, y), 1.0)
    return 1.0 - upper, upper


@jit
def marcum_q_one(order: Real, a: Real, b: Real) -> Real:
    """Return the generalised Marcum Q function :math:`Q_M(a, b)`, see :func:`marcum_pair`.

    Args:
        order: Order M.
        a: First argument, 0 or more.
        b: Second argument, 0 or more.
    """
    return marcum_pair(order, 0.5 * a * a, 0.5 * b * b)[1]


marcum_q = elementwise(
    marcum_q_one, order=Range(1.0, 10000.0, whole=True), a=Range(0.0, 1e4), b=Range(0.0, 1e4)
)
