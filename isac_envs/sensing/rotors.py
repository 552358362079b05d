r"""Rotors: what the Doppler lines of blades tell about the class of a target.

Blades modulate the echo of a rotorcraft with the rate of their flashes. Their power lies in lines
at multiples of that rate, up to the Doppler shift of the tips, on both sides of the body's line.
Beyond the unambiguous Doppler shift lines fold back between the others. A look adds the power of
all cells in which it expects lines: with :math:`L` of them, the ratio :math:`\rho` of the blades'
echo to that of the body, and independent Rayleigh lines,

.. math:: P_d = Q\!\left(L, \frac{T}{1 + \rho\,\mathrm{snr} / L}\right), \quad Q(L, T) = P_{fa},

with the regularised upper incomplete gamma function :math:`Q` (Swerling 2). Whether blades are seen
is evidence for every detection of a track: by Bayes' rule its log odds grow by
:math:`\ln(P_d / P_{fa})` or fall by :math:`\ln((1 - P_{fa}) / (1 - P_d))`.

Sources: V. C. Chen, "The Micro-Doppler Effect in Radar", 2nd ed., 2019, chapter 2 (lines and
flashes of rotors); M. A. Richards, "Fundamentals of Radar Signal Processing", 2nd ed., 2014,
section 6.3 (Swerling 2). That the lines share the power evenly is our simplification.
"""

import math
from typing import Any, NamedTuple

from isac_envs.engine import mathx, rng
from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.kernels.numerics.assignment import ALONE
from isac_envs.kernels.numerics.gamma import gamma_upper_inverse
from isac_envs.kernels.radar.detection import swerling_2_one
from isac_envs.kernels.radar.doppler import rotor_flash_rate, rotor_tip_doppler
from isac_envs.sensing import looks
from isac_envs.sensing.looks import Look, Radar

FALSE_ALARM = 0.01
"""Probability that blades are seen where there are none."""
MOST_LOG_ODDS = 20.0
_CERTAIN = 1.0 - 1e-9


class Rotor(NamedTuple):
    """Rotors of a small rotorcraft."""

    blades: int
    """Of one rotor."""
    blade_m: float
    """Length of a blade."""
    rotation_hz: float
    """Revolutions in a second."""
    ratio_db: float
    """Echo of all blades over that of the body."""

    def lines(self, radar: Radar) -> int:
        """Return the number of Doppler lines beside the body's, those at one place counted once.

        Args:
            radar: The radar that looks.
        """
        rate = float(rotor_flash_rate(self.blades, self.rotation_hz))
        tip = float(rotor_tip_doppler(self.blade_m, self.rotation_hz, 0.0, radar.carrier_hz))
        distinct = math.floor(1.0 / (radar.symbol_step_s * rate)) - 1
        return max(min(2 * math.floor(tip / rate), distinct), 1)

    def fields(self, radar: Radar) -> dict[str, Any]:
        """Return what kernels read.

        Args:
            radar: The radar that looks.
        """
        return {
            "rotor_lines": self.lines(radar),
            "rotor_ratio": float(mathx.db_to_linear(self.ratio_db)),
        }


@inlined
def _lines(p: Record, look: Look) -> float:
    """Return the number of lines that a look tells apart: at most a cell each but the body's."""
    return min(1.0 * p.rotor_lines, look.symbols - 1.0)


@jit
def seen_probability(p: Record, look: Look, snr: float) -> float:
    """Return the probability that a look sees the blades of a target that has some.

    Args:
        p: Parameters, with the fields of :meth:`Rotor.fields`.
        look: The look.
        snr: Of the body after the matched filter, linear.
    """
    lines = _lines(p, look)
    threshold = gamma_upper_inverse(lines, FALSE_ALARM)
    return swerling_2_one(p.rotor_ratio * snr / lines, threshold, lines)


@inlined
def power_of(found: Record) -> float:
    """Return the SNR that a detection suggests."""
    return max(found.statistic - 1.0, looks.LEAST_SNR)


@jit
def watch(p: Record, look: Look, stream: rng.Stream, has_rotor: bool, found: Record) -> None:
    """Draw whether a look sees blades where it has detected something.

    Args:
        p: Parameters.
        look: The look.
        stream: Random stream of the look.
        has_rotor: Whether the target has rotors.
        found: The detection; its mark is written.
    """
    drawn = rng.uniform(stream)
    found.rotor = drawn < FALSE_ALARM
    if has_rotor:
        found.rotor = drawn < seen_probability(p, look, power_of(found))


@jit
def evidence(p: Record, look: Look, found: Record) -> float:
    """Return by how much a detection raises the log odds that its target has rotors.

    Args:
        p: Parameters.
        look: The look.
        found: The detection.
    """
    probability = min(seen_probability(p, look, power_of(found)), _CERTAIN)
    if found.rotor:
        return mathx.ln(probability / FALSE_ALARM)
    return mathx.ln((1.0 - probability) / (1.0 - FALSE_ALARM))


@jit
def classify(p: Record, look: Look, tracks: Any, detections: Any, bench: Record) -> None:
    """Take what detections tell about rotors into the tracks that have got them.

    Args:
        p: Parameters.
        look: The look.
        tracks: Records of :data:`isac_envs.sensing.tracks.TRACK`, shape ``(MOST_TRACKS,)``.
        detections: Those of the look, shape ``(D,)``, after
            :func:`isac_envs.sensing.association.process`.
        bench: The scratch in which it has left who got what.
    """
    for row in range(bench.paired):
        j = bench.partner[row]
        if j != ALONE:
            track = tracks[bench.rows[row]]
            odds = track.rotor_log_odds + evidence(p, look, detections[j])
            track.rotor_log_odds = min(max(odds, -MOST_LOG_ODDS), MOST_LOG_ODDS)
