"""Incomplete gamma functions and their relatives, each to a few units of the last digits.

The sums here have positive terms only and start from a Poisson probability in saddle-point form,
so that the smaller of two complementary probabilities keeps its relative accuracy (about 1e-14
for a probability of 1e-100). Probabilities below 1e-300 come out as 0.

Sources: NIST Digital Library of Mathematical Functions, sections 6.9, 8.7 and 8.9; C. Loader, "Fast
and accurate computation of binomial probabilities", 2000 (saddle-point form).

No function checks its domain: callers guarantee the stated range.
"""

import math

import numpy as np

from isac_envs.engine import mathx
from isac_envs.engine.jit import jit

_ROOT_TWO_PI = 2.5066282746310002
_EULER_GAMMA = 0.5772156649015329
_NEGLIGIBLE = 1e-17
_STIRLING_ERRORS = np.array(
    [
        *(0.0, 0.08106146679532726, 0.0413406959554093, 0.027677925684998338),
        *(0.020790672103765093, 0.016644691189821193, 0.01387612882307075, 0.01189670994589177),
        *(0.010411265261972096, 0.009255462182712733, 0.008330563433362871, 0.00757367548795184),
        *(0.00694284010720953, 0.006408994188004207, 0.005951370112758848, 0.0055547335519628015),
    ]
)


@jit
def exp_or_zero(x: float) -> float:
    """Return the exponential of x for x below 708, and 0 below -708."""
    value = mathx.exp(x if x > -708.0 else -708.0)
    return value if x > -708.0 else 0.0


@jit
def exp_minus_one(x: float) -> float:
    """Return :math:`e^x - 1` for abs(x) < 708, accurate near 0 (Kahan's rounding correction)."""
    u = mathx.exp(x)
    if u == 1.0:
        return x
    if abs(x) > 0.5:
        return u - 1.0
    return (u - 1.0) * x / mathx.ln(u)


@jit
def one_minus_exp(x: float) -> float:
    """Return :math:`1 - e^{-x}` for x >= 0, accurate near 0: a Rayleigh outage probability."""
    return 1.0 if x > 700.0 else -exp_minus_one(-x)


@jit
def stirling_error(a: float) -> float:
    r"""Return :math:`\ln \Gamma(a + 1)` minus Stirling's formula, for a > 0."""
    if a < 16.0 and a == math.floor(a):
        return float(_STIRLING_ERRORS[int(a)])
    b, product = a, 1.0
    while b < 10.0:
        b += 1.0
        product *= b
    t = 1.0 / (b * b)
    p = mathx.fma(1.0 / 156.0, t, -691.0 / 360360.0)
    p = mathx.fma(p, t, 1.0 / 1188.0)
    p = mathx.fma(p, t, -1.0 / 1680.0)
    p = mathx.fma(p, t, 1.0 / 1260.0)
    p = mathx.fma(p, t, -1.0 / 360.0)
    p = mathx.fma(p, t, 1.0 / 12.0) / b
    if b == a:
        return p
    return p + (b + 0.5) * mathx.ln(b) - (a + 0.5) * mathx.ln(a) + (a - b) - mathx.ln(product)


@jit
def deviance(a: float, x: float) -> float:
    r"""Return :math:`a \ln(a / x) + x - a` for a, x > 0 without cancellation near a = x."""
    if abs(a - x) >= 0.1 * (a + x):
        return a * mathx.ln(a / x) + x - a
    v = (a - x) / (a + x)
    total = (a - x) * v
    power = 2.0 * a * v
    for k in range(1, 1000):
        power *= v * v
        following = total + power / (2 * k + 1)
        if following == total:
            break
        total = following
    return total


@jit
def poisson_probability(a: float, x: float) -> float:
    r"""Return the Poisson probability of a with mean x, for a, x >= 0 and not only integers a.

    :math:`x^a e^{-x} / \Gamma(a + 1)`, with a relative error below about
    :math:`10^{-15} (2 + \lvert \ln p \rvert)` for the result p.
    """
    if x == 0.0:
        return 1.0 if a == 0.0 else 0.0
    if a == 0.0:
        return exp_or_zero(-x)
    return exp_or_zero(-stirling_error(a) - deviance(a, x)) / (_ROOT_TWO_PI * math.sqrt(a))


@jit
def lower_series(a: float, x: float) -> float:
    """Return P(a, x) / poisson_probability(a, x)."""
    term = total = 1.0
    while term > _NEGLIGIBLE * total:
        a += 1.0
        term *= x / a
        total += term
    return total


@jit
def _upper_finite_sum(a: float, x: float) -> float:
    """Return Q(a, x) / poisson_probability(a - 1, x) for integer a <= x."""
    term = total = 1.0
    while term > _NEGLIGIBLE * total and a > 1.0:
        a -= 1.0
        term *= a / x
        total += term
    return total


@jit
def _upper_fraction(a: float, x: float) -> float:
    """Return the continued fraction Q(a, x) gamma(a) / (x**a e**-x) for x >= a + 1 (8.9.2)."""
    b = x + 1.0 - a
    d = 1.0 / b
    c, value = 1e300, d
    for k in range(1, 100000):
        coefficient = k * (a - k)
        b += 2.0
        d = 1.0 / (coefficient * d + b)
        c = b + coefficient / c
        value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return value


@jit
def gamma_pair(a: float, x: float) -> tuple[float, float]:
    """Return the regularised incomplete gamma functions.

    Args:
        a: Order, above 0.
        x: Argument, at least 0.

    Returns:
        ``(P, Q)``, lower and upper, P + Q = 1; the smaller one has full relative accuracy.
    """
    if a == 1.0:
        return one_minus_exp(x), exp_or_zero(-x)
    whole = a == math.floor(a)
    if x < (a if whole else a + 1.0):
        lower = poisson_probability(a, x) * lower_series(a, x)
        return lower, 1.0 - lower
    if whole:
        upper = poisson_probability(a - 1.0, x) * _upper_finite_sum(a, x)
    else:
        upper = a * poisson_probability(a, x) * _upper_fraction(a, x)
    return 1.0 - upper, upper


@jit
def poisson_exceedance(k: float, x: float) -> float:
    """Return the probability that a Poisson variate with mean x >= 0 exceeds the integer k."""
    return gamma_pair(k + 1.0, x)[0] if k >= 0.0 else 1.0


@jit
def _first_guess(a: float, upper: float) -> float:
    """Return a rough solution of Q(a, x) = upper (Wilson-Hilferty; small x apart)."""
    tail = min(upper, 1.0 - upper)
    t = math.sqrt(-2.0 * mathx.ln(tail))
    z = t - (2.30753 + 0.27061 * t) / (1.0 + t * (0.99229 + 0.04481 * t))
    root = 1.0 - 1.0 / (9.0 * a) + (z if upper < 0.5 else -z) / (3.0 * math.sqrt(a))
    if root > 0.25:
        return a * root * root * root
    log_gamma = mathx.ln(_ROOT_TWO_PI) + (a + 0.5) * mathx.ln(a) - a + stirling_error(a)
    return exp_or_zero((mathx.ln(1.0 - upper) + log_gamma) / a)


@jit
def gamma_upper_inverse(a: float, upper: float) -> float:
    """Return x where :math:`Q(a, x)` is ``upper``, for a > 0 and 1e-300 < upper < 1.

    Newton steps in ln(x) on the logarithm of the smaller tail, which is concave.
    """
    if a == 1.0:
        return -mathx.ln(upper)
    x = max(_first_guess(a, upper), 1e-290)
    for _ in range(60):
        lower_found, upper_found = gamma_pair(a, x)
        slope = a * poisson_probability(a, x)  # x times the density
        if upper < 0.5:
            step = mathx.ln(max(upper_found, 1e-307) / upper) * upper_found / slope
        else:
            step = mathx.ln((1.0 - upper) / max(lower_found, 1e-307)) * lower_found / slope
        step = min(max(step, -1.0), 1.0)
        x += x * exp_minus_one(step)
        if abs(step) < 4e-16:
            break
    return x


@jit
def gaussian_q(x: float) -> float:
    """Return the probability that a standard normal variate exceeds x."""
    half = 0.5 * gamma_pair(0.5, 0.5 * x * x)[1]
    return half if x >= 0.0 else 1.0 - half


@jit
def gaussian_q_inverse(probability: float) -> float:
    """Return x with gaussian_q(x) = probability, for 1e-300 < probability < 1 - 1e-16."""
    if probability == 0.5:
        return 0.0
    tail = min(probability, 1.0 - probability)
    x = math.sqrt(2.0 * gamma_upper_inverse(0.5, 2.0 * tail))
    return x if probability < 0.5 else -x


@jit
def scaled_exponential_integral(x: float) -> float:
    """Return :math:`e^x E_1(x)` for 0 < x < 1e300; relative error below 1e-14."""
    if x > 1.0:
        return _upper_fraction(0.0, x)
    term = total = x
    for k in range(2, 40):
        term *= -x / k
        total += term / k
    return mathx.exp(x) * (total - mathx.ln(x) - _EULER_GAMMA)
