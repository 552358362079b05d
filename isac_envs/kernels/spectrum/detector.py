"""Energy detection of a primary user: the receiver operating characteristic.

The detector averages the squared magnitudes of N samples and compares the mean with a threshold.
The primary signal is complex PSK, the noise circularly symmetric Gaussian. The mean of many samples
is taken as normal, which both probabilities rest on.

Source: Y.-C. Liang, Y. Zeng, E. C. Y. Peh and A. T. Hoang, "Sensing-throughput tradeoff for
cognitive radio networks", IEEE Trans. Wireless Commun. 7(4), 2008, equations 5, 8 and 10.

Functions that end in ``_one`` are scalar kernels without checks.
"""

import math

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.gamma import gaussian_q, gaussian_q_inverse


@jit
def energy_false_alarm_one(detection_probability: Real, snr: Real, samples: Real) -> Real:
    r"""Return the probability that noise alone exceeds the threshold of a wanted detection.

    :math:`Q(\sqrt{2 \gamma + 1}\, Q^{-1}(P_d) + \sqrt{N} \gamma)`.

    Args:
        detection_probability: Wanted probability of detection at this SNR.
        snr: Received power of the primary signal over that of the noise, linear.
        samples: Number of samples N.
    """
    wanted = gaussian_q_inverse(detection_probability)
    return gaussian_q(math.sqrt(2.0 * snr + 1.0) * wanted + math.sqrt(samples) * snr)


@jit
def energy_detection_one(false_alarm_probability: Real, snr: Real, samples: Real) -> Real:
    r"""Return the probability that the primary signal exceeds the threshold of a false alarm.

    :math:`Q((Q^{-1}(P_f) - \sqrt{N} \gamma) / \sqrt{2 \gamma + 1})`.

    Args:
        false_alarm_probability: Probability that noise alone exceeds the threshold.
        snr: Received power of the primary signal over that of the noise, linear.
        samples: Number of samples N.
    """
    allowed = gaussian_q_inverse(false_alarm_probability)
    return gaussian_q((allowed - math.sqrt(samples) * snr) / math.sqrt(2.0 * snr + 1.0))


_PROBABILITY = Range(1e-12, 1.0 - 1e-12)
_SNR = Range(0.0, 1e12)
_SAMPLES = Range(1.0, 1e15)

energy_false_alarm = elementwise(
    energy_false_alarm_one, detection_probability=_PROBABILITY, snr=_SNR, samples=_SAMPLES
)
energy_detection = elementwise(
    energy_detection_one, false_alarm_probability=_PROBABILITY, snr=_SNR, samples=_SAMPLES
)
