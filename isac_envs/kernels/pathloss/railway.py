"""Geometry of a high-speed railway along base stations, and its single-tap Doppler profile.

Stations are ``spacing_m`` apart, ``offset_m`` from a straight track. The train is served by the
nearest one, hands over midway, and starts midway. Path loss comes from RMa below 6 GHz and UMa
above (TR 38.901 V19.4.0, table 7.9.3-1).

Source of the profile: 3GPP TS 36.101, annex B.3, and TS 38.101-4, annex B.3 (recalled, not read
again): spacing 300 m and offset 2 m, or 700 m and 150 m. Source of the path loss on an elevated
line: WINNER II, D1.1.2 V1.2, table 4-4, scenario D2a (recalled).
"""

import math

from isac_envs.engine.elementwise import Range, Real, elementwise
from isac_envs.engine.jit import inlined
from isac_envs.engine.mathx import log10
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S


@inlined
def track_position_one(travelled_m: Real, spacing_m: Real) -> Real:
    """Return the distance in m along the track to the nearest station; negative when passed.

    It decreases from half the spacing to minus half, and restarts at each handover.

    Args:
        travelled_m: Distance travelled since a handover in m.
        spacing_m: Distance between two stations along the track in m.
    """
    return 0.5 * spacing_m - (travelled_m - spacing_m * math.floor(travelled_m / spacing_m))


@inlined
def track_distance_one(ahead_m: Real, offset_m: Real, rise_m: Real = 0.0) -> Real:
    """Return the distance from the train to a station in m.

    Args:
        ahead_m: Distance along the track in m, of either sign.
        offset_m: Distance of the station from the track in m.
        rise_m: Height of the station's antenna above the train's in m; 0 gives the distance on
            the ground.
    """
    return math.sqrt(ahead_m * ahead_m + offset_m * offset_m + rise_m * rise_m)


@inlined
def track_cosine_one(ahead_m: Real, offset_m: Real, rise_m: Real = 0.0) -> Real:
    """Return the cosine of the angle between the train's velocity and the direction to the station.

    Args:
        ahead_m: Distance along the track in m; positive while the train approaches.
        offset_m: Distance of the station from the track in m, above 0.
        rise_m: Height of the station's antenna above the train's in m.
    """
    return ahead_m / track_distance_one(ahead_m, offset_m, rise_m)


@inlined
def railway_doppler_one(
    ahead_m: Real, offset_m: Real, speed_m_s: Real, f_hz: Real, rise_m: Real = 0.0
) -> Real:
    """Return the one-way Doppler shift of the direct path in Hz, positive while approaching.

    Args:
        ahead_m: Distance along the track in m; positive while the train approaches.
        offset_m: Distance of the station from the track in m, above 0.
        speed_m_s: Speed of the train in m/s.
        f_hz: Carrier frequency in Hz.
        rise_m: Height of the station's antenna above the train's in m.
    """
    return speed_m_s * f_hz / SPEED_OF_LIGHT_M_S * track_cosine_one(ahead_m, offset_m, rise_m)


@inlined
def hst_doppler_one(
    time_s: Real, speed_m_s: Real, f_hz: Real, spacing_m: Real = 300.0, offset_m: Real = 2.0
) -> Real:
    r"""Return the Doppler shift of the single-tap high-speed train profile in Hz.

    :math:`f_d \cos \theta` with
    :math:`\cos \theta = (D_s / 2 - v t) / \sqrt{D_\mathrm{min}^2 + (D_s / 2 - v t)^2}` up to
    :math:`t = D_s / v`, then
    :math:`(v t - 1.5 D_s) / \sqrt{D_\mathrm{min}^2 + (v t - 1.5 D_s)^2}` up to
    :math:`2 D_s / v`, and periodic. The second half mirrors the first, so that the shift has no
    step; a train that is handed over to the next station has one (:func:`railway_doppler` with
    :func:`track_position`).

    Args:
        time_s: Time since the start in s.
        speed_m_s: Speed of the train in m/s.
        f_hz: Carrier frequency in Hz.
        spacing_m: Twice the initial distance along the track, Ds, in m.
        offset_m: Distance of the station from the track, Dmin, in m.
    """
    period = 2.0 * spacing_m
    travelled = speed_m_s * time_s
    travelled = travelled - period * math.floor(travelled / period)
    first, second = 0.5 * spacing_m - travelled, travelled - 1.5 * spacing_m
    ahead = first if travelled <= spacing_m else second
    return railway_doppler_one(ahead, offset_m, speed_m_s, f_hz, 0.0)


@inlined
def railway_d2a_los_one(d_m: Real, f_hz: Real, h_bs_m: Real = 32.0, h_train_m: Real = 2.5) -> Real:
    r"""Return the path loss in dB between a mast and a train, line of sight (WINNER II, D2a).

    :math:`44.2 + 21.5 \lg d + 20 \lg(f / 5\,\mathrm{GHz})` up to
    :math:`d'_{BP} = 4 h_{BS} h_{MS} f / c`, and beyond it
    :math:`10.5 + 40 \lg d - 18.5 \lg(h_{BS} h_{MS}) + 1.5 \lg(f / 5\,\mathrm{GHz})`. Shadow fading:
    4 dB and 6 dB.

    Args:
        d_m: Distance in m.
        f_hz: Carrier frequency in Hz.
        h_bs_m: Height of the mast's antenna in m.
        h_train_m: Height of the train's antenna in m.
    """
    lg_d, lg_f = log10(d_m), log10(f_hz * 2e-10)
    heights = h_bs_m * h_train_m
    near = 44.2 + 21.5 * lg_d + 20.0 * lg_f
    far = 10.5 + 40.0 * lg_d - 18.5 * log10(heights) + 1.5 * lg_f
    return far if d_m > heights * (f_hz * (4.0 / SPEED_OF_LIGHT_M_S)) else near


_ALONG = Range(-1e6, 1e6, "m")
_OFFSET = Range(0.1, 1e4, "m")
_RISE = Range(0.0, 1e3, "m")
_SPACING = Range(1.0, 1e5, "m")
_SPEED = Range(0.0, 500.0, "m/s")
_CARRIER = Range(1e6, 1e13, "Hz")
_GEOMETRY = {"ahead_m": _ALONG, "offset_m": _OFFSET, "rise_m": _RISE}

track_position = elementwise(
    track_position_one, travelled_m=Range(0.0, 1e9, "m"), spacing_m=_SPACING
)
track_distance = elementwise(track_distance_one, **_GEOMETRY)
track_cosine = elementwise(track_cosine_one, **_GEOMETRY)
railway_doppler = elementwise(railway_doppler_one, **_GEOMETRY, speed_m_s=_SPEED, f_hz=_CARRIER)
hst_doppler = elementwise(
    hst_doppler_one,
    time_s=Range(0.0, 1e6, "s"),
    speed_m_s=_SPEED,
    f_hz=_CARRIER,
    spacing_m=_SPACING,
    offset_m=_OFFSET,
)
railway_d2a_los = elementwise(
    railway_d2a_los_one,
    d_m=Range(30.0, 10_000.0, "m"),
    f_hz=Range(2e9, 6e9, "Hz"),
    h_bs_m=Range(5.0, 100.0, "m"),
    h_train_m=Range(1.0, 10.0, "m"),
)
