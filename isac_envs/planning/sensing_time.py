"""How long an energy detector should look before the rest of the slot is used.

Source: Y.-C. Liang, Y. Zeng, E. C. Y. Peh and A. T. Hoang, "Sensing-throughput tradeoff for
cognitive radio networks", IEEE Trans. Wireless Commun. 7(4), 2008, section III.
"""

from scipy.optimize import minimize_scalar

from isac_envs.kernels.spectrum.detector import energy_false_alarm

_SHORTEST = 1e-6  # share of a slot


def used_share(
    sensing_time_s: float, slot_s: float, snr: float, rate_hz: float, detection: float = 0.9
) -> float:
    r"""Return the share of an idle slot that is used, :math:`(1 - \tau / T) (1 - P_f)`.

    The published throughput is this share times the probability of an idle slot and the capacity.

    Args:
        sensing_time_s: Time of the detector in s, with at least one sample.
        slot_s: Length of a slot in s.
        snr: Power of the primary signal over the noise at the detector, linear.
        rate_hz: Sampling rate of the detector in Hz.
        detection: Probability with which the primary signal must be detected.

    Raises:
        ValueError: An argument of the detector is outside its range.
    """
    alarm = energy_false_alarm(detection, snr, max(1.0, sensing_time_s * rate_hz))
    return float((1.0 - sensing_time_s / slot_s) * (1.0 - alarm))


def optimal_sensing_time_s(
    slot_s: float, snr: float, rate_hz: float, detection: float = 0.9
) -> float:
    """Return the sensing time in s that makes most of an idle slot.

    Args:
        slot_s: Length of a slot in s.
        snr: Power of the primary signal over the noise at the detector, linear.
        rate_hz: Sampling rate of the detector in Hz.
        detection: Probability with which the primary signal must be detected, at least 0.5, so that
            the share has a single maximum.

    Raises:
        ValueError: ``detection`` is below 0.5, or an argument is outside its range.
    """
    if not 0.5 <= detection < 1.0:
        raise ValueError(f"detection = {detection!r} is outside [0.5, 1)")
    found = minimize_scalar(
        lambda time_s: -used_share(time_s, slot_s, snr, rate_hz, detection),
        bounds=(_SHORTEST * slot_s, slot_s),
        method="bounded",
        options={"xatol": 1e-9 * slot_s},
    )
    return float(found.x)
