"""The best levels for a radar: all of them for small arrays, coordinate descent for others."""

from typing import Any, NamedTuple

from isac_envs.engine.jit import Record, inlined, jit
from isac_envs.engine.rng import integer
from isac_envs.envs.beam_management.sparse_array_beam.pattern import (
    add_one,
    coefficient_one,
    pattern_peaks,
    peaks,
    radar_metric_db,
)

LEAST_STEP_DB = 1e-9  # smaller gains of a descent are rounding


class Bench(NamedTuple):
    """What a search works with.

    Attributes:
        elements: Shape ``(N,)``; their levels are what is tried.
        sums: Scratch of the pattern, shape ``(4, samples)``.
        rest: Likewise.
        best: Receives the best levels, integers, shape ``(N,)``.
    """

    elements: Any
    sums: Any
    rest: Any
    best: Any


@inlined
def _value_db(p: Record, elements: Any, sums: Any) -> float:
    main, side, centre = pattern_peaks(p, elements, sums)
    return radar_metric_db(p, main, side, centre)


@jit
def descend(p: Record, bench: Bench) -> float:
    """Improve the levels one element at a time until none helps; return the metric in dB."""
    elements, sums, rest, _ = bench
    count, levels = elements.shape[0], p.level_re.shape[0]
    best_db = _value_db(p, elements, sums)
    settled = 0
    n = 0
    while settled < count:
        _sum_others(p, elements, n, rest)
        kept, before_db = elements[n].level, best_db
        for level in range(levels):
            for k in range(4):
                for g in range(sums.shape[1]):
                    sums[k, g].value = rest[k, g].value
            re, im = coefficient_one(p, elements[n], level)
            add_one(p, n, re, im, sums)
            main, side, centre = peaks(p, sums)
            value_db = radar_metric_db(p, main, side, centre)
            if value_db > best_db + LEAST_STEP_DB:
                best_db, kept = value_db, level
        elements[n].level = kept
        settled = settled + 1 if best_db == before_db else 0
        n = (n + 1) % count
    return best_db


@inlined
def _sum_others(p: Record, elements: Any, left_out: int, rest: Any) -> None:
    for k in range(4):
        for g in range(rest.shape[1]):
            rest[k, g].value = 0.0
    for n in range(elements.shape[0]):
        if n != left_out:
            re, im = coefficient_one(p, elements[n], elements[n].level)
            add_one(p, n, re, im, rest)


@jit
def descend_often(p: Any, bench: Bench, restarts: int, stream: Any) -> float:
    """Descend from the present levels and from random ones; write the best, return its dB.

    Args:
        p: Parameters, shape ``(1,)``.
        bench: Where the search takes place.
        restarts: Number of random starts.
        stream: Random stream.
    """
    elements = bench.elements
    most_db = -1e300
    for _ in range(restarts + 1):
        value_db = descend(p[0], bench)
        if value_db > most_db:
            most_db = value_db
            for n in range(elements.shape[0]):
                bench.best[n] = elements[n].level
        for n in range(elements.shape[0]):
            elements[n].level = integer(stream, p[0].level_re.shape[0])
    return most_db


@jit
def try_all(p: Any, bench: Bench) -> float:
    """Write the best of all levels and return its metric in dB; arguments as above.

    A common phase changes no gain, so that the first element keeps level 0.
    """
    elements = bench.elements
    count, levels = elements.shape[0], p[0].level_re.shape[0]
    for n in range(count):
        elements[n].level = 0
    most_db = -1e300
    last = 0
    while last < count:
        value_db = _value_db(p[0], elements, bench.sums)
        if value_db > most_db:
            most_db = value_db
            for n in range(count):
                bench.best[n] = elements[n].level
        last = 1
        while last < count and elements[last].level == levels - 1:
            elements[last].level = 0
            last += 1
        if last < count:
            elements[last].level += 1
    return most_db
