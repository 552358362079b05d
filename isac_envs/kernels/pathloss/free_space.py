"""Free-space path loss, radar equation and thermal noise.

Path loss is positive in dB. The radar equation is bistatic; a monostatic radar is the case of two
equal distances, so that there is no factor of two elsewhere.

Source: ITU-R P.525-4 (free space); M. I. Skolnik, "Introduction to Radar Systems", 3rd ed., 2001,
section 1.2 (radar equation); 3GPP TR 38.901 V19.4.0, eq. 7.9.4-14 (cascade of two path losses).
"""

import math

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import db_to_linear, linear_to_db, log10
from isac_envs.kernels.constants import (
    BOLTZMANN_J_K,
    SPEED_OF_LIGHT_M_S,
    STANDARD_NOISE_TEMPERATURE_K,
)

DISTANCE = Range(1e-3, 1e12, "m")
CARRIER = Range(1e6, 1e13, "Hz")
CROSS_SECTION = Range(1e-12, 1e12, "m^2")

_FOUR_PI = 4.0 * math.pi
_FSPL_1M_1HZ_DB = -147.55221677811664  # 20 lg(4 pi / c)


@inlined
def wavelength_one(f_hz: Real) -> Real:
    """Return the wavelength in vacuum in m.

    Args:
        f_hz: Frequency in Hz.
    """
    return SPEED_OF_LIGHT_M_S / f_hz


@inlined
def fspl_one(d_m: Real, f_hz: Real) -> Real:
    r"""Return the free-space path loss in dB between isotropic antennas.

    :math:`20 \lg(4 \pi d f / c)`.

    Source: ITU-R P.525-4, eq. 3. It holds in the far field only: the kernel does not know the
    antennas, so near-field distances are accepted.

    Args:
        d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    return 20.0 * log10(d_m) + (20.0 * log10(f_hz) + _FSPL_1M_1HZ_DB)


@inlined
def friis_gain_one(d_m: Real, f_hz: Real) -> Real:
    r"""Return the received over the transmitted power of isotropic antennas, linear.

    :math:`(\lambda / (4 \pi d))^2`, the reciprocal of :func:`fspl` as a ratio of powers.

    Source: H. T. Friis, "A note on a simple transmission formula", Proc. IRE 34(5), 1946.

    Args:
        d_m: Distance between the antennas in m.
        f_hz: Carrier frequency in Hz.
    """
    spread = wavelength_one(f_hz) / (_FOUR_PI * d_m)
    return spread * spread


@inlined
def rcs_gain_one(rcs_m2: Real, f_hz: Real) -> Real:
    r"""Return the gain in dB that a target adds to the two path losses of its legs.

    :math:`4 \pi \sigma / \lambda^2`.

    Source: 3GPP TR 38.901 V19.4.0, eq. 7.9.4-14.

    Args:
        rcs_m2: Radar cross section sigma in m^2.
        f_hz: Carrier frequency in Hz.
    """
    return linear_to_db(rcs_m2) + 20.0 * log10(f_hz) + _RCS_1M2_1HZ_DB


_RCS_1M2_1HZ_DB = -158.54431541833756  # 10 lg(4 pi / c^2)


@inlined
def radar_loss_one(d_tx_m: Real, d_rx_m: Real, f_hz: Real, rcs_m2: Real) -> Real:
    r"""Return the loss of an echo in dB between isotropic antennas.

    :math:`(4 \pi)^3 R_1^2 R_2^2 / (\lambda^2 \sigma)`, equal to the two free-space path losses
    minus :func:`rcs_gain`: two path losses alone hold :math:`(4 \pi)^4 / \lambda^4` and are not an
    echo.

    Args:
        d_tx_m: Distance from transmitter to target in m.
        d_rx_m: Distance from target to receiver in m; the same for a monostatic radar.
        f_hz: Carrier frequency in Hz.
        rcs_m2: Radar cross section in m^2.
    """
    legs = 20.0 * log10(d_tx_m) + 20.0 * log10(d_rx_m)
    return legs + (20.0 * log10(f_hz) + _RADAR_1M_1HZ_DB) - linear_to_db(rcs_m2)


_RADAR_1M_1HZ_DB = -136.56011813789564  # 10 lg((4 pi)^3 / c^2)


@inlined
def radar_received_power_one(
    p_tx_w: Real,
    gain_tx_lin: Real,
    gain_rx_lin: Real,
    f_hz: Real,
    rcs_m2: Real,
    d_tx_m: Real,
    d_rx_m: Real,
    loss_lin: Real = 1.0,
) -> Real:
    r"""Return the received power of an echo in W.

    :math:`P_t G_t G_r \lambda^2 \sigma / ((4 \pi)^3 R_1^2 R_2^2 L)`.

    Args:
        p_tx_w: Transmitted power in W.
        gain_tx_lin: Gain of the transmit antenna towards the target, linear.
        gain_rx_lin: Gain of the receive antenna towards the target, linear.
        f_hz: Carrier frequency in Hz.
        rcs_m2: Radar cross section in m^2.
        d_tx_m: Distance from transmitter to target in m.
        d_rx_m: Distance from target to receiver in m; the same for a monostatic radar.
        loss_lin: System losses L, linear, at least 1.
    """
    spread = wavelength_one(f_hz) / (d_tx_m * d_rx_m)
    gains = p_tx_w * gain_tx_lin * gain_rx_lin * rcs_m2
    return gains * spread * spread / (_FOUR_PI * _FOUR_PI * _FOUR_PI * loss_lin)


@inlined
def thermal_noise_one(
    bandwidth_hz: Real,
    noise_figure_db: Real = 0.0,
    temperature_k: Real = STANDARD_NOISE_TEMPERATURE_K,
) -> Real:
    """Return the thermal noise power in W.

    :math:`k T B F`. Use the bandwidth of the signal that the noise is compared with: the occupied
    bandwidth for a time sample, the subcarrier spacing for one resource element. Integration over
    resource elements is a gain of the signal; it does not reduce the noise again.

    Args:
        bandwidth_hz: Noise bandwidth B in Hz.
        noise_figure_db: Noise figure of the receiver in dB, at 290 K.
        temperature_k: Temperature T in K.
    """
    return BOLTZMANN_J_K * temperature_k * bandwidth_hz * db_to_linear(noise_figure_db)


@inlined
def thermal_noise_dbm_one(
    bandwidth_hz: Real,
    noise_figure_db: Real = 0.0,
    temperature_k: Real = STANDARD_NOISE_TEMPERATURE_K,
) -> Real:
    """Return the thermal noise power in dBm; see :func:`thermal_noise`.

    Args:
        bandwidth_hz: Noise bandwidth in Hz.
        noise_figure_db: Noise figure of the receiver in dB.
        temperature_k: Temperature in K.
    """
    return linear_to_db(BOLTZMANN_J_K * 1e3 * temperature_k * bandwidth_hz) + noise_figure_db


_GAIN = Range(0.0, 1e12)
_NOISE = {
    "bandwidth_hz": Range(1e-3, 1e12, "Hz"),
    "noise_figure_db": Range(0.0, 100.0, "dB"),
    "temperature_k": Range(1e-3, 1e6, "K"),
}
_ECHO = {"d_tx_m": DISTANCE, "d_rx_m": DISTANCE, "f_hz": CARRIER, "rcs_m2": CROSS_SECTION}

wavelength = elementwise(wavelength_one, f_hz=CARRIER)
friis_gain = elementwise(friis_gain_one, d_m=DISTANCE, f_hz=CARRIER)
fspl = elementwise(fspl_one, d_m=DISTANCE, f_hz=CARRIER)
rcs_gain = elementwise(rcs_gain_one, rcs_m2=CROSS_SECTION, f_hz=CARRIER)
radar_loss = elementwise(radar_loss_one, **_ECHO)
radar_received_power = elementwise(
    radar_received_power_one,
    p_tx_w=Range(0.0, 1e15, "W"),
    gain_tx_lin=_GAIN,
    gain_rx_lin=_GAIN,
    loss_lin=Range(1.0, 1e12),
    **_ECHO,
)
thermal_noise = elementwise(thermal_noise_one, **_NOISE)
thermal_noise_dbm = elementwise(thermal_noise_dbm_one, **_NOISE)
