"""Beam gain, link and echo budget, detection gate, and what the matched filter measures.

``gain`` is the alignment |delta|^2 in [0, 1] of a beam of N active antennas with the true
direction. SNR of the link, one way: ``P A gain (lambda / (4 pi d))^2 / noise``. SNR of the echo per
receive antenna after integration over S symbols, two ways:
``P A gain S rcs lambda^2 / ((4 pi)^3 d^4 noise)``; the array gathers N_r times as much. A is N for
an array. A surface of N active columns catches as N, and its coherent sum is in power as N^2.
"""

import math
from typing import Any

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import log2, sincos_turns
from isac_envs.engine.rng import Stream, normal, uniform
from isac_envs.envs.beam_management.beam_track.belief import Polar, update
from isac_envs.envs.beam_management.beam_track.motion import AVERAGED
from isac_envs.kernels.arrays.beams import ula_beam_gain_one
from isac_envs.kernels.radar.detection import swerling_0_one, swerling_1_single_pulse_one

_SNR_MAX = 1e8  # up to which Marcum's function is made for; beyond it the gate is open anyway
_LEAST = 1e-30
_SQRT_HALF = math.sqrt(0.5)


@inlined
def alignment(cosine: float, beam_cosine: float, antennas: float) -> float:
    """Return |delta|^2, the beam's gain towards a direction over its peak.

    Args:
        cosine: Direction cosine of the vehicle.
        beam_cosine: Direction cosine of the beam.
        antennas: Active antennas.
    """
    return min(ula_beam_gain_one(cosine, beam_cosine, antennas) / antennas, 1.0)


@inlined
def peak_gain(p: Record, antennas: float) -> float:
    """Return the gain A of an aligned beam over an isotropic transmitter in its place.

    Args:
        p: Parameters of the environment, one record.
        antennas: Active antennas of the array, or columns of the surface.
    """
    return p.surface_gain * antennas * antennas if p.surface_gain > 0.0 else antennas


@inlined
def efficiency(snr: float) -> float:
    """Return log2(1 + SNR) in bit/s/Hz."""
    return log2(1.0 + snr)


@inlined
def used_symbols(p: Record, share: float) -> float:
    """Return the symbols whose echo is integrated: the sensing part, and of the data part some."""
    return p.symbols * (share + p.data_echo_share * (1.0 - share))


@jit
def echo_snr(p: Record, v: Record, power: float, gain: float, symbols: float) -> float:
    """Return the SNR of the echo per receive antenna after integration, linear.

    Args:
        p: Parameters.
        v: Vehicle.
        power: Radiated power times :func:`peak_gain` in W.
        gain: Alignment |delta|^2.
        symbols: Integrated symbols.
    """
    loss = v.kept * v.kept
    square = v.distance * v.distance
    return power * gain * symbols * p.echo_gain * v.relative_rcs * loss / (square * square)


@jit
def gate(p: Record, array_snr: float) -> float:
    """Return the probability that the peak of the array's matched filter passes the threshold."""
    if p.fluctuation == AVERAGED:
        return swerling_1_single_pulse_one(array_snr, p.threshold)
    return swerling_0_one(min(array_snr, _SNR_MAX), p.threshold, 1)


@inlined
def sense(p: Record, stream: Stream, v: Record, snr: float, symbols: float) -> None:
    """Draw detection and measurement of one slot and apply it to the belief; draws four times.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream that is drawn from.
        v: Record of the vehicle.
        snr: SNR of the echo per receive antenna after integration, linear.
        symbols: Symbols that are integrated.
    """
    n_r = p.receive_antennas
    detected = uniform(stream) < gate(p, snr * n_r)
    z_u, z_d, z_v = normal(stream), normal(stream), normal(stream)
    snr = max(snr, _LEAST)
    scale = p.error_scale * p.error_scale / (snr * n_r)
    duration = symbols + _LEAST
    variances = Polar(
        scale * p.cosine_variance,
        scale * p.distance_variance,
        scale * p.speed_variance / (duration * duration),
    )
    v.detected = detected
    v.sensing_snr = v.measured_snr = snr
    v.age += 1
    if detected:
        v.age = 0
        v.measured_cosine = v.cosine + math.sqrt(variances.cosine) * z_u
        v.measured_distance = v.distance + math.sqrt(variances.distance) * z_d
        v.measured_speed = v.radial_speed + math.sqrt(variances.speed) * z_v
        measured = Polar(v.measured_cosine, v.measured_distance, v.measured_speed)
        update(v, p.height_m, measured, variances)


@inlined
def snapshot(p: Record, stream: Stream, v: Record, memory: Any, first: int) -> None:
    """Write the array's matched-filter output in units of its noise: real parts, then imaginary.

    Element m is ``sqrt(snr) exp(j phi) exp(j pi m u) + CN(0, 1)``, with the SNR of ``sense`` and
    a uniform phase: the data whose maximum-likelihood angle has the variance of ``sense``.

    Args:
        p: Parameters of the environment, one record.
        stream: Random stream that is drawn from.
        v: Record of the vehicle.
        memory: Receives the snapshot; holds those of all vehicles.
        first: Index in the memory to begin at.
    """
    n_r = p.receive_antennas
    amplitude = math.sqrt(v.sensing_snr)
    phase = uniform(stream)
    for m in range(n_r):
        sine, cosine = sincos_turns(phase + 0.5 * m * v.cosine)
        real = amplitude * cosine + _SQRT_HALF * normal(stream)
        imaginary = amplitude * sine + _SQRT_HALF * normal(stream)
        memory[first + m].value = real
        memory[first + n_r + m].value = imaginary


@jit
def alignment_of(cosine: Any, beam_cosine: Any, antennas: Any, out: Any) -> None:
    """Write |delta|^2 of many beams, for baselines and tests; all arrays of shape ``(n,)``.

    Args:
        cosine: Direction cosines of the vehicles.
        beam_cosine: Direction cosines of the beams.
        antennas: Active antennas of each beam.
        out: Receives the alignments, 0..1.
    """
    for i in range(out.shape[0]):
        out[i] = alignment(cosine[i], beam_cosine[i], antennas[i])
