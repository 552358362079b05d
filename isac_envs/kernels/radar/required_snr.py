"""The signal-to-noise ratio that a detection probability needs: exact, and two named fits.

``snr`` is the mean power ratio of one pulse as in :mod:`isac_envs.kernels.radar.detection`; the
exact function inverts the probabilities there. Albersheim and Shnidman are approximations with
errors of up to 0.3 and 0.7 dB on Pd 0.5..0.9, Pfa 1e-3..1e-6, N 1..16; they are available only
under their names.

Sources: W. J. Albersheim, "A closed-form approximation to Robertson's detection characteristics",
Proc. IEEE 69(7), 1981; D. A. Shnidman, "Determination of required SNR values", IEEE Trans. Aerosp.
Electron. Syst. 38(3), 2002.

Functions that end in ``_one`` are scalar kernels without checks.
"""

import math

import numpy as np

from isac_envs.engine import mathx
from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import jit
from isac_envs.kernels.numerics.gamma import gamma_upper_inverse
from isac_envs.kernels.radar.detection import (
    PULSES,
    SWERLING,
    detection_probability_one,
    detection_threshold,
)


@jit
def required_snr_one(
    detection_probability: Real, threshold: Real, pulses: Real, swerling: Real
) -> Real:
    """Return the mean SNR of one pulse that gives a detection probability.

    In closed form for case 2 and for one pulse of case 1, else by bisection of ln(snr).

    Args:
        detection_probability: Above the false alarm probability, at most 1 - 1e-9.
        threshold: Threshold on the sum over pulses, above 0.
        pulses: Number of pulses.
        swerling: Fluctuation case, 0..4.

    Returns:
        The SNR (linear), relative error below 1e-13 unless the probability is close to 1.
    """
    if swerling == 2 or (swerling == 1 and pulses == 1):
        return threshold / gamma_upper_inverse(float(pulses), detection_probability) - 1.0
    low, high = -40.0, 40.0
    while high - low > 1e-14:
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        found = detection_probability_one(mathx.exp(middle), threshold, pulses, swerling)
        if found < detection_probability:
            low = middle
        else:
            high = middle
    return mathx.exp(0.5 * (low + high))


@jit
def albersheim_snr_db_one(
    detection_probability: Real, false_alarm_probability: Real, pulses: Real
) -> Real:
    """Return Albersheim's approximation of the SNR that a constant target needs, dB per pulse.

    Args:
        detection_probability: Detection probability, above 0 and below 1.
        false_alarm_probability: False alarm probability, above 0 and below 1.
        pulses: Number of pulses that are summed.
    """
    a = mathx.ln(0.62 / false_alarm_probability)
    b = mathx.ln(detection_probability / (1.0 - detection_probability))
    gain_db = -5.0 * mathx.log10(float(pulses))
    scale_db = 6.2 + 4.54 / math.sqrt(pulses + 0.44)
    return gain_db + scale_db * mathx.log10(a + 0.12 * a * b + 1.7 * b)


@jit
def _shnidman_degrees(pulses: Real, swerling: Real) -> Real:
    if swerling == 1:
        return 1.0
    if swerling == 2:
        return 1.0 * pulses
    return 2.0 if swerling == 3 else 2.0 * pulses


@jit
def shnidman_snr_db_one(
    detection_probability: Real, false_alarm_probability: Real, pulses: Real, swerling: Real
) -> Real:
    """Return Shnidman's approximation of the SNR for any Swerling case, dB per pulse.

    Args:
        detection_probability: Detection probability, above 0 and below 1.
        false_alarm_probability: False alarm probability, above 0 and below 1.
        pulses: Number of pulses that are summed.
        swerling: Swerling case, 0..4.
    """
    pd, pfa = detection_probability, false_alarm_probability
    deviation = math.sqrt(max(-0.8 * mathx.ln(4.0 * pd * (1.0 - pd)), 0.0))
    eta = math.sqrt(-0.8 * mathx.ln(4.0 * pfa * (1.0 - pfa)))
    eta += deviation if pd > 0.5 else -deviation
    alpha = 0.25 if pulses >= 40 else 0.0
    snr_db = mathx.linear_to_db(eta * (eta + 2.0 * math.sqrt(0.5 * pulses + alpha - 0.25)) / pulses)
    if swerling == 0:
        return snr_db
    loss_db = ((17.7006 * pd - 18.4496) * pd + 14.5339) * pd - 3.525
    if pd > 0.872:
        tail = 0.7 * mathx.ln(1e-5 / pfa) + (2.0 * pulses - 20.0) / 80.0
        loss_db += mathx.exp(27.31 * pd - 25.14) + (pd - 0.8) * tail
    return snr_db + loss_db / _shnidman_degrees(pulses, swerling)


_required = elementwise(
    required_snr_one,
    detection_probability=Range(1e-100, 1.0 - 1e-9),
    threshold=Range(0.0, 1e6),
    pulses=PULSES,
    swerling=SWERLING,
)
_albersheim = elementwise(
    albersheim_snr_db_one,
    detection_probability=Range(0.1, 0.9),
    false_alarm_probability=Range(1e-7, 1e-3),
    pulses=Range(1.0, 8096.0, whole=True),
)
_shnidman = elementwise(
    shnidman_snr_db_one,
    detection_probability=Range(0.1, 0.99),
    false_alarm_probability=Range(1e-9, 1e-3),
    pulses=Range(1.0, 100.0, whole=True),
    swerling=SWERLING,
)


def required_snr(
    detection_probability: Real,
    false_alarm_probability: Real,
    pulses: Real = 1,
    swerling: Real = 1,
) -> Real:
    """Return the mean SNR of one pulse (linear) that a detection probability needs, exact.

    Args:
        detection_probability: Above the false alarm probability, at most 1 - 1e-9.
        false_alarm_probability: In one cell, in [1e-100, 0.999999].
        pulses: Number of noncoherently integrated pulses, 1..10000.
        swerling: Fluctuation case, 0..4.

    Returns:
        The power ratio: a float for numbers, else a float64 array of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range, or a count is not a whole number.
    """
    wanted, accepted = np.broadcast_arrays(
        np.asarray(detection_probability, dtype=np.float64), false_alarm_probability
    )
    if (wanted <= accepted).any():
        worst = float(wanted[wanted <= accepted][0])
        raise ValueError(
            f"detection_probability = {worst!r} is outside (false_alarm_probability, 1 - 1e-9]"
        )
    threshold = detection_threshold(false_alarm_probability, pulses)
    return _required(detection_probability, threshold, pulses, swerling)


def albersheim_snr_db(
    detection_probability: Real, false_alarm_probability: Real, pulses: Real = 1
) -> Real:
    """Return Albersheim's approximation of the SNR that a constant target needs.

    Args:
        detection_probability: In [0.1, 0.9].
        false_alarm_probability: In [1e-7, 1e-3].
        pulses: Number of noncoherently integrated pulses, 1..8096.

    Returns:
        SNR of one pulse in dB: a float for numbers, else a float64 array of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range, or ``pulses`` is not a whole number.
    """
    return _albersheim(detection_probability, false_alarm_probability, pulses)


def shnidman_snr_db(
    detection_probability: Real,
    false_alarm_probability: Real,
    pulses: Real = 1,
    swerling: Real = 1,
) -> Real:
    """Return Shnidman's approximation of the SNR that a target of any Swerling case needs.

    Args:
        detection_probability: In [0.1, 0.99].
        false_alarm_probability: In [1e-9, 1e-3].
        pulses: Number of noncoherently integrated pulses, 1..100.
        swerling: Fluctuation case, 0..4.

    Returns:
        SNR of one pulse in dB: a float for numbers, else a float64 array of the broadcast shape.

    Raises:
        ValueError: An argument is outside its range, or a count is not a whole number.
    """
    return _shnidman(detection_probability, false_alarm_probability, pulses, swerling)
