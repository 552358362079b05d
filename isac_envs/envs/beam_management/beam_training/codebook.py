"""The codebook: true powers of all beams towards a vehicle, and what is expected of one beam."""

import math

import numpy as np

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.mathx import db_to_linear, sincos_turns
from isac_envs.engine.rng import next_u64, normal, seed_stream
from isac_envs.envs.beam_management.beam_training.records import State
from isac_envs.kernels.arrays.beams import ula_beam_gain_one

_STREAM = np.uint64(3)  # number of the stream of the calibration among those of a seed


@jit
def calibrate(p: Record, state: State) -> None:
    """Draw phase errors and ripple, anew or always the same.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, elements, beams = state.env, state.elements, state.beams
    drawn = next_u64(e.world)
    seed_stream(e.calibrating, np.uint64(p.calibration) if p.calibration >= 0 else drawn, _STREAM)
    for m in range(elements.shape[0]):
        elements[m].error_turns = p.error_turns * normal(e.calibrating)
    for b in range(beams.shape[0]):
        beams[b].ripple = db_to_linear(p.ripple_db * normal(e.calibrating))


@jit
def write_gains(state: State, cosine: float, row: int) -> None:
    """Write the gains of all beams towards a direction, without ripple, to a row of the sums.

    Args:
        state: State of one copy.
        cosine: Cosine of the direction with the array.
        row: Row of ``scratch.sums``, 2 or 3.
    """
    elements, scratch = state.elements, state.scratch
    re, im, out = scratch.sums[0], scratch.sums[1], scratch.sums[row]
    for b in range(out.shape[0]):
        re[b], im[b] = 0.0, 0.0
    for m in range(elements.shape[0]):
        sine, cosine_of = sincos_turns(0.5 * m * cosine + elements[m].error_turns)
        real, imaginary = scratch.weights_re[m], scratch.weights_im[m]
        for b in range(out.shape[0]):
            re[b] += cosine_of * real[b] - sine * imaginary[b]
            im[b] += cosine_of * imaginary[b] + sine * real[b]
    scale = 1.0 / elements.shape[0]
    for b in range(out.shape[0]):
        out[b] = scale * (re[b] * re[b] + im[b] * im[b])


@jit
def illuminate(p: Record, state: State) -> None:
    """Write gain and SNR of every beam towards the vehicle, and which one is best.

    Powers of the direct path and of the wall's image add: the band tells them apart.

    Args:
        p: Parameters of the environment, one record.
        state: State of one copy.
    """
    e, beams, scratch = state.env, state.beams, state.scratch
    squared = e.x_m * e.x_m + e.y_m * e.y_m
    direct = p.snr_one * (p.blocked_gain if e.blocked else 1.0) / squared
    if not p.replayed:
        write_gains(state, e.x_m / math.sqrt(squared), 2)
    image = 0.0
    if p.image_gain > 0.0:
        behind = 2.0 * p.wall_m - e.y_m
        squared = e.x_m * e.x_m + behind * behind
        image = p.snr_one * p.image_gain / squared
        write_gains(state, e.x_m / math.sqrt(squared), 3)
    e.truly_best, most = 0, -1.0
    for b in range(beams.shape[0]):
        beam = beams[b]
        if p.replayed:
            beam.gain, beam.power = 0.0, scratch.replay.powers[e.sample, b]
        else:
            beam.gain = beam.ripple * scratch.sums[2, b]
            beam.power = direct * beam.gain
            if image > 0.0:
                beam.power += image * beam.ripple * scratch.sums[3, b]
        if beam.power > most:
            e.truly_best, most = b, beam.power


@inlined
def expected_powers(
    p: Record, cell: Record, steer: float, antennas: float, shut: bool
) -> tuple[float, float]:
    """Return the expected SNR of a beam in a direction: by its pattern, and what errors scatter.

    Args:
        p: Parameters of the environment, one record.
        cell: The direction.
        steer: Sine of the beam's angle.
        antennas: Number of antennas.
        shut: Whether the direct path is blocked.
    """
    scale = p.snr_one * (p.blocked_gain if shut else 1.0) * cell.path
    pattern = scale * ula_beam_gain_one(cell.cosine, steer, antennas)
    if p.image_gain > 0.0:
        image = p.snr_one * p.image_gain * cell.image_path
        pattern += image * ula_beam_gain_one(cell.image_cosine, steer, antennas)
        scale += image
    return p.coherent * pattern, p.scattered * scale
