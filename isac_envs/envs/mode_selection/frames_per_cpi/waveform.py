"""What one coherent processing interval (CPI) of a frame-based waveform senses and carries.

A CPI of fixed length is cut into ``frames`` equal frames. Each frame begins with a known preamble,
which is the radar pulse, and continues with data. More frames are more and faster pulses; they also
spend more time on overhead, and age the channel estimate of a preamble less. All functions
broadcast over NumPy arrays.

Sources: the single-carrier frame is that of IEEE 802.11ad, used as a radar by Kumari et al., IEEE
Trans. Veh. Technol. 67(4), 2018 (arXiv 1702.05833); single formulas as named below.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from isac_envs.kernels.channel.fading import bessel_j0
from isac_envs.kernels.numerics import portable

Array: TypeAlias = npt.NDArray[np.float64]
Values: TypeAlias = npt.ArrayLike

_SMALLEST = float(np.finfo(np.float64).tiny)
_CERTAIN = 40.0  # deviations that nothing exceeds
_MOST_PACKETS = 2**53  # the largest range in which a float holds every whole number


def max_speed_m_s(frame_s: Values, wavelength_m: float) -> Array:
    """Return the largest speed that pulses ``frame_s`` apart measure without ambiguity.

    A pulse train samples the Doppler shift ``2 v / wavelength`` once a frame:
    ``v_max = wavelength / (4 T_f)``.
    """
    return wavelength_m / (4.0 * np.asarray(frame_s))


def unambiguous_probability(limit_m_s: Values, speed_std_m_s: float) -> Array:
    """Return the probability in [0, 1) that a zero-mean normal speed lies within a limit.

    ``2 Phi(v_max / sigma_v) - 1``.
    """
    deviations = np.minimum(np.asarray(limit_m_s) / speed_std_m_s, _CERTAIN)
    return np.asarray(1.0 - 2.0 * portable.gaussian_q(deviations))


def velocity_crb_m_s(
    frames: Values, frame_s: Values, wavelength_m: float, preamble_snr: float
) -> Array:
    """Return the Cramer-Rao bound of the velocity's standard deviation.

    ``wavelength / (4 pi T_f) * sqrt(6 / (rho N (N^2 - 1)))``: one tone of unknown complex amplitude
    (Rife and Boorstyn, IEEE Trans. Inf. Theory 20(5), 1974), at ``v = wavelength f / 2``.

    Args:
        frames: Pulses N, at least 2.
        frame_s: Time between pulses.
        wavelength_m: Wavelength of the carrier.
        preamble_snr: SNR rho of one compressed preamble, linear.
    """
    n = np.asarray(frames, np.float64)
    spread = np.sqrt(6.0 / (preamble_snr * n * (n * n - 1.0)))
    return np.asarray(wavelength_m / (4.0 * np.pi * np.asarray(frame_s)) * spread)


def detection_probability(integrated_snr: Values, false_alarm: float) -> Array:
    """Return the probability that a Swerling 1 target is detected: ``Pfa^(1 / (1 + snr))``.

    Args:
        integrated_snr: SNR after coherent integration over the CPI, linear.
        false_alarm: Probability of a false alarm, in (0, 1).
    """
    exponent = 1.0 / (1.0 + np.asarray(integrated_snr))
    return np.asarray(portable.power(max(false_alarm, _SMALLEST), exponent))


def sensing_utility(
    detection: Values, unambiguous: Values, crb_m_s: Values, scale_m_s: float
) -> Array:
    """Return the worth of a CPI to the radar, in [0, 1].

    Detected, unambiguous and accurate: ``P_d P_unambiguous exp(-crb / scale)``.

    Args:
        detection: Detection probability, 0..1.
        unambiguous: Probability that the speed is unambiguous, 0..1.
        crb_m_s: Bound of the velocity error in m/s.
        scale_m_s: Error in m/s at which the utility has fallen to 1/e.
    """
    accuracy = portable.exp(-np.asarray(crb_m_s) / scale_m_s)
    return np.asarray(detection) * np.asarray(unambiguous) * accuracy


def aged_snr(snr: Values, frame_s: Values, doppler_hz: float) -> Array:
    """Return the SNR of data that is equalised with the estimate of the frame's preamble.

    Half a frame after the estimate, the channel keeps the power ``j = J0(2 pi f T_f / 2)^2``
    (Clarke's model); the rest is self-interference: ``snr j / (1 + snr (1 - j))``.

    Args:
        snr: SNR of the link, linear.
        frame_s: Duration of a frame.
        doppler_hz: Doppler shift that the receiver does not compensate.
    """
    fresh = np.asarray(snr, np.float64)
    kept = np.square(bessel_j0(np.pi * doppler_hz * np.asarray(frame_s)))
    return np.asarray(fresh * kept / (1.0 + fresh * (1.0 - kept)))


def frame_error_rate(snr: Values, threshold_db: Values, slope_per_db: float) -> Array:
    """Return the probability that a frame is lost: logistic in dB, 1/2 at the threshold.

    Args:
        snr: SNR of the data, linear.
        threshold_db: SNR at which half of the frames are lost.
        slope_per_db: Steepness of the logistic function, per dB.
    """
    above_db = portable.linear_to_db(np.maximum(snr, _SMALLEST)) - np.asarray(threshold_db)
    return np.asarray(1.0 / (1.0 + portable.exp(np.minimum(slope_per_db * above_db, 700.0))))


def goodput_bps(rate_bps: Values, frame_s: Values, overhead_s: float, error_rate: Values) -> Array:
    """Return the data rate after overhead and lost frames.

    ``R (1 - T_oh / T_f)^+ (1 - PER)``.

    Args:
        rate_bps: Data rate in bit/s.
        frame_s: Duration of a frame in s.
        overhead_s: Overhead of a frame in s.
        error_rate: Frame error rate, 0..1.
    """
    share = np.maximum(1.0 - overhead_s / np.asarray(frame_s), 0.0)
    return np.asarray(np.asarray(rate_bps) * share * (1.0 - np.asarray(error_rate)))


def whole_packets(rate_bps: Values, cpi_s: float, packet_bits: float) -> npt.NDArray[np.int64]:
    """Return the number of whole packets, from 0 to 2^53, that a CPI carries at a data rate.

    Args:
        rate_bps: Data rate in bit/s.
        cpi_s: Duration of the CPI in s.
        packet_bits: Size of a packet in bit.
    """
    with np.errstate(over="ignore"):
        packets = np.floor(np.asarray(rate_bps) * cpi_s / packet_bits)
    return np.clip(packets, 0, _MOST_PACKETS).astype(np.int64)
