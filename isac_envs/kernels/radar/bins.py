r"""Bins of a range-Doppler map as numbers: the position of a monostatic echo, and its loss.

A monostatic radar has range :math:`c \tau / 2` and radial velocity :math:`-\lambda f / 2`, positive
for a receding target; see :mod:`.range_doppler` for the map itself.
"""

import math

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import sincos_turns
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S

_CARRIER = Range(1e6, 1e13, "Hz")


@inlined
def monostatic_range_one(delay_s: Real) -> Real:
    r"""Return the distance in m of a target with transmitter and receiver in one place.

    :math:`c \tau / 2`.

    Args:
        delay_s: Delay tau in s.
    """
    return 0.5 * SPEED_OF_LIGHT_M_S * delay_s


@inlined
def monostatic_velocity_one(doppler_hz: Real, f_hz: Real) -> Real:
    r"""Return the radial velocity in m/s, positive for a receding target.

    :math:`-\lambda f / 2`.

    Args:
        doppler_hz: Doppler shift f in Hz.
        f_hz: Carrier frequency in Hz.
    """
    return -0.5 * SPEED_OF_LIGHT_M_S * doppler_hz / f_hz


@inlined
def bin_gain_one(offset_bins: Real) -> Real:
    r"""Return the power that a peak keeps at a distance of x bins, without a window.

    :math:`\operatorname{sinc}^2(x)`, the limit of many samples of the Dirichlet kernel: with 28 of
    them it is exact to 0.4 % up to one bin.

    Args:
        offset_bins: Distance x of the bin from the peak.
    """
    sine = sincos_turns(0.5 * offset_bins)[0]
    aside = abs(offset_bins) > 1e-8
    ratio = sine / (math.pi * offset_bins if aside else 1.0)
    return ratio * ratio if aside else 1.0


bin_gain = elementwise(bin_gain_one, offset_bins=Range(-1e6, 1e6))
monostatic_range = elementwise(monostatic_range_one, delay_s=Range(0.0, 1e3, "s"))
monostatic_velocity = elementwise(
    monostatic_velocity_one, doppler_hz=Range(-1e10, 1e10, "Hz"), f_hz=_CARRIER
)
