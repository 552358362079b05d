"""Tapped delay lines A to E of 3GPP TR 38.901: delays, normalised powers, K factor, tap fading.

The tables of the standard are not normalised: their powers add up to +5.40, 8.51, 7.69, 0.32 and
0.46 dB. Here they are divided by their sum. The delays are in units of the RMS delay spread, which
the rounded tables give as 1.00006, 0.99999, 1.00000, 0.9937 and 1.0002: they are multiplied by the
wanted spread and not corrected, as in the standard.

Lines D and E begin with a line-of-sight path of constant magnitude, whose Doppler shift is 0.7 of
the largest one; the second entry is the Rayleigh part of the same tap.

Source: 3GPP TR 38.901 V19.2.0, tables 7.7.2-1 to 7.7.2-5, sections 7.7.3 (delays) and 7.7.6 (K
factor: recalled, not read again).
"""

import math
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from isac_envs.engine.elementwise import Range, check_range
from isac_envs.kernels.channel.fading import jakes, rician_k

LOS_DOPPLER_RATIO = 0.7
"""Doppler shift of the line-of-sight path over the largest one, TR 38.901 table 7.7.2-4."""


class Table(NamedTuple):
    """One table of the standard, entry by entry."""

    line_of_sight: bool
    """Whether the first entry is a path of constant magnitude."""
    delays: tuple[float, ...]
    """Delays over the RMS delay spread, in the order of the standard, which is not ascending."""
    powers_db: tuple[float, ...]
    """Powers in dB, not normalised."""


class TappedDelayLine(NamedTuple):
    """A power delay profile of total power 1."""

    delays_s: np.ndarray
    powers_lin: np.ndarray
    line_of_sight: bool
    """Whether the first entry is a path of constant magnitude; the others are Rayleigh."""


TABLES = MappingProxyType(
    {
        "A": Table(
            False,
            (
                0.0, 0.3819, 0.4025, 0.5868, 0.461, 0.5375, 0.6708, 0.575, 0.7618, 1.5375, 1.8978,
                2.2242, 2.1718, 2.4942, 2.5119, 3.0582, 4.081, 4.4579, 4.5695, 4.7966, 5.0066,
                5.3043, 9.6586,
            ),
            (
                -13.4, 0.0, -2.2, -4.0, -6.0, -8.2, -9.9, -10.5, -7.5, -15.9, -6.6, -16.7, -12.4,
                -15.2, -10.8, -11.3, -12.7, -16.2, -18.3, -18.9, -16.6, -19.9, -29.7,
            ),
        ),
        "B": Table(
            False,
            (
                0.0, 0.1072, 0.2155, 0.2095, 0.287, 0.2986, 0.3752, 0.5055, 0.3681, 0.3697, 0.57,
                0.5283, 1.1021, 1.2756, 1.5474, 1.7842, 2.0169, 2.8294, 3.0219, 3.6187, 4.1067,
                4.279, 4.7834,
            ),
            (
                0.0, -2.2, -4.0, -3.2, -9.8, -1.2, -3.4, -5.2, -7.6, -3.0, -8.9, -9.0, -4.8, -5.7,
                -7.5, -1.9, -7.6, -12.2, -9.8, -11.4, -14.9, -9.2, -11.3,
            ),
        ),
        "C": Table(
            False,
            (
                0.0, 0.2099, 0.2219, 0.2329, 0.2176, 0.6366, 0.6448, 0.656, 0.6584, 0.7935, 0.8213,
                0.9336, 1.2285, 1.3083, 2.1704, 2.7105, 4.2589, 4.6003, 5.4902, 5.6077, 6.3065,
                6.6374, 7.0427, 8.6523,
            ),
            (
                -4.4, -1.2, -3.5, -5.2, -2.5, 0.0, -2.2, -3.9, -7.4, -7.1, -10.7, -11.1, -5.1,
                -6.8, -8.7, -13.2, -13.9, -13.9, -15.8, -17.1, -16.0, -15.7, -21.6, -22.8,
            ),
        ),
        "D": Table(
            True,
            (
                0.0, 0.0, 0.035, 0.612, 1.363, 1.405, 1.804, 2.596, 1.775, 4.042, 7.937, 9.424,
                9.708, 12.525,
            ),
            (
                -0.2, -13.5, -18.8, -21.0, -22.8, -17.9, -20.1, -21.9, -22.9, -27.8, -23.6, -24.8,
                -30.0, -27.7,
            ),
        ),
        "E": Table(
            True,
            (
                0.0, 0.0, 0.5133, 0.544, 0.563, 0.544, 0.7112, 1.9092, 1.9293, 1.9589, 2.6426,
                3.7136, 5.4524, 12.0034, 20.6519,
            ),
            (
                -0.03, -22.03, -15.8, -18.1, -19.8, -22.9, -22.4, -18.6, -20.8, -22.6, -22.3,
                -25.6, -20.2, -29.8, -29.2,
            ),
        ),
    }
)  # fmt: skip
"""The five lines by letter."""


def rms_delay_spread(delays_s: Any, powers_lin: Any) -> float:
    """Return the root of the second central moment of a power delay profile, in its unit of time.

    Args:
        delays_s: Delays, shape ``(P,)``.
        powers_lin: Powers, linear, of any sum above 0, shape ``(P,)``.
    """
    delays, weights = np.asarray(delays_s), np.asarray(powers_lin) / np.sum(powers_lin)
    return math.sqrt(weights @ (delays - weights @ delays) ** 2)


def tapped_delay_line(
    model: str, delay_spread_s: float, k_db: float | None = None
) -> TappedDelayLine:
    """Return a tapped delay line with a wanted delay spread, and a wanted K factor if it has one.

    Another K factor shifts all powers but the first one's, after which the delays are divided by
    the new RMS spread of the profile, so that the wanted one is met exactly.

    Args:
        model: "A" to "E".
        delay_spread_s: RMS delay spread in s, in [0, 1e-3]; TR 38.901 table 7.7.3-1 suggests 10 ns
            (very short) to 1000 ns (very long).
        k_db: Power of the first path over that of all others in dB, at most 40; minus infinity
            removes the direct path. None keeps the table's: 13.3 dB in D, 22 dB in E against the
            first tap alone. Only D and E have one.

    Raises:
        ValueError: An argument is outside its range, or A, B or C is given a K factor.
    """
    if model not in TABLES:
        raise ValueError(f"model = {model!r} is not one of {', '.join(TABLES)}")
    check_range("delay_spread_s", float(delay_spread_s), Range(0.0, 1e-3, "s"))
    table = TABLES[model]
    delays, powers = np.array(table.delays), 10.0 ** (np.array(table.powers_db) / 10.0)
    if k_db is not None:
        if not table.line_of_sight:
            raise ValueError(f"k_db = {k_db!r} for model {model!r}, which has no direct path")
        check_range("k_db", float(k_db), Range(-math.inf, 40.0, "dB"))
        powers[0] = rician_k(float(k_db)) * powers[1:].sum()
        delays /= rms_delay_spread(delays, powers)
    return TappedDelayLine(delays * delay_spread_s, powers / powers.sum(), table.line_of_sight)


def tap_coefficients(
    line: TappedDelayLine, doppler_turns: float, cosines: np.ndarray, phases: np.ndarray
) -> np.ndarray:
    """Return the coefficients of all entries at one time; the sum of their mean powers is 1.

    Args:
        line: The profile, with P entries.
        doppler_turns: Largest Doppler shift times time, :math:`f_D t`, in [-1e12, 1e12].
        cosines: Tones of P independent links, shape ``(tones, P)``, from
            :func:`isac_envs.kernels.channel.fading.jakes_tones`.
        phases: Phases of the tones in turns, shape ``(tones, P)``; the direct path takes the first.

    Returns:
        complex128, shape ``(P,)``.

    Raises:
        ValueError: The time is outside its range, or the shapes do not fit.
    """
    if cosines.shape[1:] != line.powers_lin.shape:
        raise ValueError(f"cosines of shape {cosines.shape} for {line.powers_lin.size} entries")
    taps = jakes(doppler_turns, cosines, phases)
    if line.line_of_sight:
        turns = math.fmod(LOS_DOPPLER_RATIO * doppler_turns, 1.0) + phases[0, 0]
        taps[0] = np.exp(2j * np.pi * turns)
    return np.sqrt(line.powers_lin) * taps
