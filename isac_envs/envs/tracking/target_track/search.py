"""How likely a look finds a target of which nothing is known."""

import math
from typing import Any

import numpy as np

from isac_envs.engine import mathx
from isac_envs.engine.jit import Record, jit, record_of
from isac_envs.kernels.radar.bins import bin_gain_one
from isac_envs.sensing import looks
from isac_envs.sensing.looks import HERE, Look, Radar

ROWS = 17
_RANGES, _SPEEDS, _COURSES, _STRADDLES = 10, 3, 4, 3


@jit
def _fill(p: Record, prior: Any, sines: Any, largest: float, gains: Any, table: Any) -> None:
    """Write mean detection probabilities over number of symbols.

    Args:
        p: Record of the radar.
        prior: Of each kind, its share, cross section, least and largest speed, shape ``(K, 4)``.
        sines: Directions of the beam, shape ``(S,)``.
        largest: Symbols of the last row.
        gains: Scratch, shape ``(_SPEEDS * _COURSES + 1, max(K, _STRADDLES))``.
        table: Receives one number a row, shape ``(R,)``.
    """
    near, far = p.range_from_m * p.range_from_m, p.range_to_m * p.range_to_m
    count = _RANGES * _SPEEDS * _COURSES * _STRADDLES * sines.shape[0]
    for x in range(_STRADDLES):
        gains[-1, x] = bin_gain_one(0.5 * (x + 0.5) / _STRADDLES)
    for row in range(1, table.shape[0]):
        symbols = largest * row / (table.shape[0] - 1)
        _fill_doppler_gains(p, prior, symbols, gains)
        total = 0.0
        for s in range(sines.shape[0]):
            look = Look(sines[s], symbols, 1.0, 1.0 * p.columns, HERE)
            for r in range(_RANGES):  # uniform over the area
                distance = math.sqrt(near + (r + 0.5) / _RANGES * (far - near))
                mean = looks.mean_snr_one(p, look, distance, sines[s])
                for v in range(_SPEEDS * _COURSES):
                    for k in range(prior.shape[0]):
                        snr = mean * prior[k, 1] * gains[v, k]
                        for x in range(_STRADDLES):
                            hit = looks.detection_probability_one(p, snr * gains[-1, x])
                            total += prior[k, 0] * hit
        table[row] = total / count


@jit
def _fill_doppler_gains(p: Record, prior: Any, symbols: float, gains: Any) -> None:
    """Write what the bank of Doppler cells keeps of each speed, course and kind."""
    look = Look(0.0, symbols, 1.0, 1.0 * p.columns, HERE)
    for v in range(_SPEEDS * _COURSES):
        cosine = mathx.sincos_turns(0.25 * (v % _COURSES + 0.5) / _COURSES)[1]
        part = (v // _COURSES + 0.5) / _SPEEDS
        for k in range(prior.shape[0]):
            speed = prior[k, 2] + part * (prior[k, 3] - prior[k, 2])
            gains[v, k] = looks.doppler_gain_one(p, look, speed * cosine)


def search_table(params: Any, radar: Radar, sines: np.ndarray) -> np.ndarray:
    """Return the detection probability of a look at a target, over the symbols of the look.

    The target lies anywhere in the sector and moves on any course.

    Args:
        params: Parameters of the environment.
        radar: Its radar.
        sines: Directions of the beam, shape ``(S,)``.

    Returns:
        Mean probabilities for 0 symbols to those of a whole slot in equal steps, ``(ROWS,)``.
    """
    kinds = zip(params.kind_shares(), params.cross_sections_m2(), params.speeds_m_s(), strict=True)
    prior = np.array([(share, section, *speeds) for share, section, speeds in kinds])
    table = np.zeros(ROWS)
    gains = np.zeros((_SPEEDS * _COURSES + 1, max(len(prior), _STRADDLES)))
    some, largest = sines[:: max(len(sines) // 8, 1)], params.slot_s / params.symbol_step_s
    _fill(record_of(radar.fields())[0], prior, some, largest, gains, table)
    return table


@jit
def search_probability(p: Record, look: Look) -> float:
    """Return the probability that a look detects an unknown target in its direction."""
    narrow = look.columns / p.columns
    symbols = look.symbols / look.loss * (narrow * narrow)
    place = min(max(symbols / p.slot_symbols, 0.0), 1.0) * (p.search_table.shape[0] - 1)
    row = min(int(place), p.search_table.shape[0] - 2)
    part = place - row
    return p.search_table[row] + part * (p.search_table[row + 1] - p.search_table[row])
