"""Rates, outages and secrecy of a communication link, and the information rates of sensing.

Signal-to-noise ratios are linear power ratios, rates are in bit/s/Hz (bits for each complex channel
use) unless a name says otherwise. For fading channels ``mean_snr`` is the mean over the fading.

Sources: Y. Polyanskiy, H. V. Poor and S. Verdu, IEEE Trans. Inf. Theory 56(5), 2010 (finite block
length); M. K. Simon and M. Alouini, "Digital Communication over Fading Channels", 2005 (outage);
M. Bloch et al., IEEE Trans. Inf. Theory 54(6), 2008 (secrecy); M. R. Bell, IEEE Trans. Inf. Theory
39(5), 1993 (mutual information); A. R. Chiriyath et al., IEEE Trans. Signal Process. 64(2), 2016
(estimation rate).

Functions that end in ``_one`` are scalar kernels without checks.
"""

import math
from typing import Any

import numpy as np

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, Real, check_range, elementwise
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.gamma import (
    exp_minus_one,
    exp_or_zero,
    gamma_pair,
    gaussian_q,
    gaussian_q_inverse,
    one_minus_exp,
    scaled_exponential_integral,
)
from isac_envs.kernels.numerics.marcum import marcum_pair

_LOG2_E = 1.4426950408889634
_LN_2 = 0.6931471805599453


@jit
def shannon_rate_one(sinr: Real) -> Real:
    r"""Return the Shannon rate in bit/s/Hz, accurate for small ratios too.

    :math:`\log_2(1 + \mathrm{sinr})`.
    """
    whole = 1.0 + sinr
    lost = sinr - (whole - 1.0)
    return mathx.log2(whole) + _LOG2_E * lost / whole


@jit
def required_sinr_one(rate: Real) -> Real:
    """Return the signal-to-interference-and-noise ratio that a rate R in bit/s/Hz needs.

    :math:`2^R - 1`.
    """
    return exp_minus_one(_LN_2 * rate)


@jit
def sinr_one(signal_w: Real, interference_w: Real, noise_w: Real) -> Real:
    """Return the signal-to-interference-and-noise ratio (linear) of received powers.

    Args:
        signal_w: Received power of the signal in W.
        interference_w: Received power of the interference in W.
        noise_w: Noise power in W.
    """
    return signal_w / (interference_w + noise_w)


@jit
def dispersion_one(snr: Real) -> Real:
    """Return the dispersion of the complex Gaussian channel, bit**2 for each complex use."""
    whole = 1.0 + snr
    return _LOG2_E * _LOG2_E * snr * (2.0 + snr) / (whole * whole)


@jit
def finite_block_rate_one(snr: Real, block_length: Real, q_inverse: Real) -> Real:
    """Return :func:`finite_block_rate` from the error quantile, whose computation is costly.

    Args:
        snr: SNR of one pulse or channel use, linear.
        block_length: Channel uses of a block.
        q_inverse: :math:`Q^{-1}` of the error probability.
    """
    penalty = math.sqrt(dispersion_one(snr) / block_length) * q_inverse
    rate = shannon_rate_one(snr) - penalty + mathx.log2(1.0 * block_length) / (2.0 * block_length)
    return max(rate, 0.0)


@jit
def finite_block_error_one(snr: Real, block_length: Real, rate: Real) -> Real:
    """Return the block error probability at a rate in bit/s/Hz, normal approximation.

    Args:
        snr: SNR of one pulse or channel use, linear.
        block_length: Channel uses of a block.
        rate: Rate in bit/s/Hz.
    """
    margin = shannon_rate_one(snr) - rate + mathx.log2(1.0 * block_length) / (2.0 * block_length)
    return gaussian_q(margin * math.sqrt(block_length / dispersion_one(snr)))


@jit
def rayleigh_ergodic_rate_one(mean_snr: Real) -> Real:
    r"""Return the ergodic rate of a Rayleigh channel in bit/s/Hz.

    :math:`E \log_2(1 + \mathrm{snr}) = e^{1 / g} E_1(1 / g) / \ln 2` for the mean SNR g. It is
    below the rate at the mean SNR: never average in another domain.
    """
    return scaled_exponential_integral(1.0 / mean_snr) * _LOG2_E


@jit
def rayleigh_outage_one(mean_snr: Real, rate: Real) -> Real:
    """Return the probability that a Rayleigh channel does not carry a rate in bit/s/Hz."""
    return one_minus_exp(required_sinr_one(rate) / mean_snr)


@jit
def rician_outage_one(mean_snr: Real, rate: Real, rician_k: Real) -> Real:
    r"""Return the outage probability of a Rician channel.

    :math:`1 - Q_1(\sqrt{2 K}, \sqrt{2 (1 + K) x})` with :math:`x = (2^R - 1) / g` for the rate R
    and the mean SNR g; ``rician_k`` is the linear power ratio K, 0 for Rayleigh.

    Args:
        mean_snr: SNR averaged over the fading, linear.
        rate: Rate in bit/s/Hz.
        rician_k: Power ratio K, linear; 0 for Rayleigh.
    """
    return marcum_pair(1.0, rician_k, (1.0 + rician_k) * required_sinr_one(rate) / mean_snr)[0]


@jit
def nakagami_outage_one(mean_snr: Real, rate: Real, shape: Real) -> Real:
    """Return the outage probability of a Nakagami-m channel; m = ``shape``, 1 for Rayleigh.

    :math:`P(m, m x)` with :math:`x = (2^R - 1) / g` for the rate R and the mean SNR g.

    Args:
        mean_snr: SNR averaged over the fading, linear.
        rate: Rate in bit/s/Hz.
        shape: Shape m; 1 for Rayleigh.
    """
    return gamma_pair(1.0 * shape, shape * required_sinr_one(rate) / mean_snr)[0]


@jit
def secrecy_rate_one(snr: Real, eavesdropper_snr: Real) -> Real:
    r"""Return the secrecy rate in bit/s/Hz.

    :math:`\max(0, \log_2((1 + \mathrm{snr}) / (1 + \mathrm{snr}_e)))` with the SNR of the
    eavesdropper, :math:`\mathrm{snr}_e`.
    """
    return max(shannon_rate_one(snr) - shannon_rate_one(eavesdropper_snr), 0.0)


@jit
def secrecy_outage_one(mean_snr: Real, mean_eavesdropper_snr: Real, rate: Real) -> Real:
    r"""Return the probability that the secrecy rate of two Rayleigh channels is below a rate.

    :math:`1 - g / (g + 2^R e) \exp(-(2^R - 1) / g)` for the rate R and the mean SNR g and e of
    receiver and eavesdropper: independent channels, their gains unknown to the transmitter.

    Args:
        mean_snr: SNR averaged over the fading, linear.
        mean_eavesdropper_snr: Mean SNR of the eavesdropper, linear.
        rate: Secrecy rate in bit/s/Hz.
    """
    needed = required_sinr_one(rate)
    leak = (1.0 + needed) * mean_eavesdropper_snr
    share = leak / (mean_snr + leak)
    return share + (1.0 - share) * one_minus_exp(needed / mean_snr)


@jit
def sensing_information_one(power_w: Real, gain_variance: Real, noise_w: Real) -> Real:
    r"""Return the mutual information between a Gaussian target response and its echo, bits.

    :math:`\log_2(1 + p s_g^2 / N_0)` of one subcarrier or resource element; sum it over the
    waveform.

    Args:
        power_w: Transmit power p in W.
        gain_variance: Variance :math:`s_g^2` of the response.
        noise_w: Noise power in W.
    """
    return shannon_rate_one(power_w * gain_variance / noise_w)


@jit
def estimation_rate_one(
    bandwidth_hz: Real, snr_after_mf: Real, process_deviation_s: Real, interval_s: Real
) -> Real:
    r"""Return the radar estimation rate in bit/s of a delay that is tracked.

    :math:`\log_2(1 + s_\mathrm{process}^2 / s_\mathrm{estimate}^2) / (2 T)` with
    :math:`s_\mathrm{estimate}^2 = 1 / (8 \pi^2 B_\mathrm{rms}^2\, \mathrm{snr})` and
    :math:`B_\mathrm{rms} = B / \sqrt{12}`; ``interval_s`` is the time T between two estimates.

    Args:
        bandwidth_hz: Bandwidth B in Hz.
        snr_after_mf: SNR after the matched filter, linear.
        process_deviation_s: Standard deviation of the change of the delay between estimates, in s.
        interval_s: Time T between two measurements in s.
    """
    precision = (2.0 / 3.0) * math.pi * math.pi * bandwidth_hz * bandwidth_hz * snr_after_mf
    ratio = process_deviation_s * process_deviation_s * precision
    return shannon_rate_one(ratio) / (2.0 * interval_s)


_SNR = Range(0.0, 1e15)
_MEAN_SNR = Range(1e-12, 1e15)
_POWER = Range(0.0, 1e15, "W")
_NOISE = Range(1e-30, 1e15, "W")
_RATE = Range(0.0, 50.0, "bit/s/Hz")
_BLOCK = Range(1.0, 1e12, whole=True)
_ERROR = Range(1e-200, 1.0 - 1e-12)

shannon_rate = elementwise(shannon_rate_one, sinr=_SNR)
required_sinr = elementwise(required_sinr_one, rate=_RATE)
sinr = elementwise(sinr_one, signal_w=_POWER, interference_w=_POWER, noise_w=_NOISE)
_q_inverse = elementwise(gaussian_q_inverse, probability=_ERROR)
_finite_block_rate = elementwise(
    finite_block_rate_one, snr=_SNR, block_length=_BLOCK, q_inverse=Range(-40.0, 40.0)
)
finite_block_error = elementwise(
    finite_block_error_one, snr=_MEAN_SNR, block_length=_BLOCK, rate=_RATE
)
rayleigh_ergodic_rate = elementwise(rayleigh_ergodic_rate_one, mean_snr=_MEAN_SNR)
rayleigh_outage = elementwise(rayleigh_outage_one, mean_snr=_MEAN_SNR, rate=_RATE)
rician_outage = elementwise(
    rician_outage_one, mean_snr=_MEAN_SNR, rate=_RATE, rician_k=Range(0.0, 1e6)
)
nakagami_outage = elementwise(
    nakagami_outage_one, mean_snr=_MEAN_SNR, rate=_RATE, shape=Range(0.5, 1000.0)
)
secrecy_rate = elementwise(secrecy_rate_one, snr=_SNR, eavesdropper_snr=_SNR)
secrecy_outage = elementwise(
    secrecy_outage_one, mean_snr=_MEAN_SNR, mean_eavesdropper_snr=_SNR, rate=_RATE
)
sensing_information = elementwise(
    sensing_information_one, power_w=_POWER, gain_variance=Range(0.0, 1e15), noise_w=_NOISE
)
estimation_rate = elementwise(
    estimation_rate_one,
    bandwidth_hz=Range(1.0, 1e13, "Hz"),
    snr_after_mf=_SNR,
    process_deviation_s=Range(0.0, 1e3, "s"),
    interval_s=Range(1e-12, 1e6, "s"),
)


def finite_block_rate(snr: Real, block_length: Real, error_probability: Real) -> Real:
    r"""Return the normal approximation of the largest rate of a block of complex symbols.

    :math:`C - \sqrt{V / n}\, Q^{-1}(\epsilon) + \log_2(n) / (2 n)`, 0 where that is negative; V is
    the dispersion of one complex channel use. Accurate for about :math:`n \ge 100` and
    :math:`\epsilon \ge 10^{-6}`.

    Args:
        snr: Linear, in [0, 1e15].
        block_length: Number n of complex symbols, 1..1e12.
        error_probability: Block error probability eps, in [1e-200, 1 - 1e-12].

    Returns:
        bit/s/Hz: a float for numbers, else a float64 array of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_range("error_probability", np.asarray(error_probability, float), _ERROR)
    return _finite_block_rate(snr, block_length, _q_inverse(error_probability))


@jit
def link_sinrs(gains: Any, powers_w: Any, noise_w: float, out: Any) -> None:
    """Write the SINR of K links that share a channel.

    Args:
        gains: Power gain from transmitter j to receiver k at ``[j, k]``, shape ``(K, K)``.
        powers_w: Transmit powers, W, shape ``(K,)``.
        noise_w: Noise power at each receiver, W.
        out: Receives the linear ratios, shape ``(K,)``.
    """
    for k in range(gains.shape[0]):
        received = noise_w
        for j in range(gains.shape[0]):
            if j != k:
                received += powers_w[j] * gains[j, k]
        out[k] = powers_w[k] * gains[k, k] / received


@jit
def effective_sinr(sinrs: Any, beta: float) -> float:
    r"""Return the exponential effective SINR of a code block over several resource blocks.

    :math:`-\beta \ln(\operatorname{mean}(\exp(-\mathrm{sinr} / \beta)))`, linear; neither the mean
    ratio nor the mean in dB predicts the block error rate. ``sinrs`` has shape ``(K,)``, ``beta``
    is fitted to a modulation and code.
    """
    least = sinrs[0]
    for k in range(sinrs.shape[0]):
        least = min(least, sinrs[k])
    total = 0.0
    for k in range(sinrs.shape[0]):
        total += exp_or_zero((least - sinrs[k]) / beta)
    return least - beta * mathx.ln(total / sinrs.shape[0])
