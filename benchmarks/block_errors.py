"""Thresholds of the modulation and coding tables, by simulation of the 5G NR code.

    python benchmarks/block_errors.py BASE_GRAPHS [--pairs 60] [--seed 1]

Draws pairs of a row of the tables and a code block size, and prints for each the SNR in dB of a
complex symbol at which one block in ten is lost on a Gaussian channel: modulation order, code rate
times 1024, bits, SNR. The tests hold the kernel to some of them. ``BASE_GRAPHS`` is the folder with
``5G_bg1.csv`` and ``5G_bg2.csv``, tables 5.3.2-2 and -3 of TS 38.212, as in the package
``sionna-no-rt`` (``sionna/phy/fec/ldpc/codes``).

The link: LDPC code and rate matching of TS 38.212 (base graph, lifting size, filler and punctured
bits, redundancy version 0, interleaver), whole symbols (the rate is rounded down), Gray mapping of
TS 38.211, exact log-likelihood ratios, 20 iterations of flooding belief propagation. The zero
codeword is sent under random scrambling, so that no encoder is needed. A pair takes seconds to a
minute; the statistical error of a threshold is about 0.03 dB, 0.1 dB below 100 bits.
"""

import argparse
import math
from pathlib import Path
from typing import Any, NamedTuple

import timing  # noqa: F401 - sets the thread counts

import numpy as np  # isort: skip

from isac_envs.engine.jit import jit
from isac_envs.engine.mathx import exp, ln
from isac_envs.kernels.link.modulation_data import MCS_ROWS

ITERATIONS = 20
LARGEST = 19.0  # of a message
LIFTING = sorted(a * 2**j for a in (2, 3, 5, 7, 9, 11, 13, 15) for j in range(8) if a << j <= 384)
"""Sizes of TS 38.212 table 5.3.2-1; the odd factor of one names its set of shifts."""


class Code(NamedTuple):
    """A rate-matched code: edges of the base graph in use, and where its bits are sent."""

    edges: Any
    """Column and shift of every edge, row by row, shape ``(edges, 2)``."""
    starts: Any
    """First edge of each row, and the number of edges."""
    columns: int
    lifting: int
    known: Any
    """Bits of value 0 that are not sent (filler), first and last + 1."""
    bits: int
    """Information bits."""
    sent: Any
    """Index of every sent bit in the codeword, in the order of the mapper."""


def code(graphs: Path, bits: int, rate: float, order: int) -> Code:
    """Return the code of a block of information bits at a rate and modulation order."""
    second = bits <= 292 or (bits <= 3824 and rate <= 0.67) or (bits <= 3840 and rate <= 0.25)
    table = np.genfromtxt(graphs / f"5G_bg{1 + second}.csv", delimiter=";", skip_header=2)
    rows = table[:, 0]
    for i in range(1, rows.size):  # a row's number stands at its first edge only
        rows[i] = rows[i - 1] if np.isnan(rows[i]) else rows[i]
    systematic, used = (10, 10) if second else (22, 22)
    if second:
        used = next(n for n, least in ((10, 640), (9, 560), (8, 192), (6, -1)) if bits > least)
    lifting = next(z for z in LIFTING if used * z >= bits)
    odd = lifting
    while odd % 2 == 0:
        odd //= 2
    shifts = table[:, 2 + (1, 3, 5, 7, 9, 11, 13, 15).index(odd)] % lifting
    symbols = math.ceil(bits / rate / order - 1e-9)
    filler = (bits, systematic * lifting)
    length = (int(table[:, 1].max()) + 1) * lifting
    circle = np.setdiff1d(np.arange(2 * lifting, length), np.arange(*filler))
    chosen = circle[np.arange(symbols * order) % circle.size]
    columns = max(-(-int(chosen.max() + 1) // lifting), systematic + 4)
    kept = rows < columns - systematic
    edges = np.stack([table[kept, 1], shifts[kept]], axis=1).astype(np.int64)
    starts = np.searchsorted(rows[kept], np.arange(columns - systematic + 1)).astype(np.int64)
    sent = chosen.reshape(order, symbols).T.reshape(-1)  # clause 5.4.2.2
    return Code(edges, starts, columns, lifting, np.array(filler), bits, sent)


def amplitudes(order: int) -> Any:
    """Return the Gray-mapped amplitudes of one component, by the bits read as a number."""
    half = order // 2
    levels = np.zeros(2**half)
    for value in range(2**half):
        level = 0
        for i in range(half):  # from the last bit to the first
            sign = 1 - 2 * ((value >> i) & 1)
            level = sign * (2**i - level)
        levels[value] = level
    return levels / math.sqrt(2.0 * np.mean(levels**2))


@jit
def _receive(levels: Any, half: int, deviation: float, sent: Any, out: Any) -> None:
    """Add the log-likelihood ratios of the zero codeword's sent bits to ``out``."""
    first, scale = 0, -0.5 / (deviation * deviation)
    weight = np.empty((half, 2))
    while first < sent.shape[0]:
        for component in range(2):
            value = np.random.randint(levels.shape[0])
            received = levels[value] + deviation * np.random.normal()
            nearest = np.inf
            for k in range(levels.shape[0]):
                nearest = min(nearest, (received - levels[k]) ** 2)
            weight[:] = 1e-300
            for k in range(levels.shape[0]):
                likelihood = exp(max(scale * ((received - levels[k]) ** 2 - nearest), -700.0))
                for i in range(half):
                    weight[i, (k >> (half - 1 - i)) & 1] += likelihood
            for i in range(half):
                ratio = ln(weight[i, 0]) - ln(weight[i, 1])
                scrambled = (value >> (half - 1 - i)) & 1
                out[sent[first + 2 * i + component]] += -ratio if scrambled else ratio
        first += 2 * half


@jit
def _half_tangents(totals: Any, messages: Any, out: Any) -> None:
    for z in range(out.shape[0]):
        value = min(max(totals[z] - messages[z], -LARGEST), LARGEST)
        out[z] = 1.0 - 2.0 / (exp(value) + 1.0)


@jit
def _combine(others: Any, tangents: Any, backward: Any, messages: Any) -> None:
    """Write the messages of one edge from the products over the edges before and after it."""
    for z in range(messages.shape[0]):
        product = min(max(backward[z] * others[z], -1.0 + 1e-14), 1.0 - 1e-14)
        messages[z] = ln((1.0 + product) / (1.0 - product))
        backward[z] *= tangents[z]


@jit
def _update_row(edges: Any, totals: Any, new: Any, messages: Any, work: Any) -> None:
    """Update the messages of one row of the base graph and add them to the new totals."""
    count, lifting = edges.shape[0], totals.shape[1]
    before, tangents, backward = work[0], work[1], work[2, 0]
    before[0], backward[:] = 1.0, 1.0
    for e in range(count):
        column, shift = edges[e]
        end = lifting - shift  # a shift is a rotation: two pieces
        _half_tangents(totals[column, shift:], messages[e, :end], tangents[e, :end])
        _half_tangents(totals[column, :shift], messages[e, end:], tangents[e, end:])
        for z in range(lifting):
            before[e + 1, z] = before[e, z] * tangents[e, z]
    for e in range(count - 1, -1, -1):
        column, shift = edges[e]
        end = lifting - shift
        _combine(before[e], tangents[e], backward, messages[e])
        for z in range(end):
            new[column, z + shift] += messages[e, z]
        for z in range(end, lifting):
            new[column, z - end] += messages[e, z]


@jit
def block_errors(
    seed: int, blocks: int, levels: Any, half: int, deviation: float, each: Any, largest: float
) -> int:
    """Return how many of the blocks are lost; ``each`` are the fields of a :class:`Code`."""
    edges, starts, columns, lifting, known, bits, sent = each
    np.random.seed(seed)
    received, new = np.empty((columns, lifting)), np.empty((columns, lifting))
    totals, messages = np.empty((columns, lifting)), np.empty((edges.shape[0], lifting))
    work, lost = np.empty((3, 21, lifting)), 0
    for _ in range(blocks):
        received[:] = 0.0
        flat = received.reshape(-1)
        _receive(levels, half, deviation, sent, flat)
        flat[known[0] : known[1]] = largest
        totals[:], messages[:] = received, 0.0
        for _ in range(ITERATIONS):
            new[:] = received
            for row in range(starts.shape[0] - 1):
                a, b = starts[row], starts[row + 1]
                _update_row(edges[a:b], totals, new, messages[a:b], work)
            totals[:] = new
            if (totals > 0.0).all():  # decoded; 0 is a bit that nothing is known of
                break
        lost += (totals.reshape(-1)[:bits] <= 0.0).any()
    return lost


def threshold_db(graphs: Path, order: int, rate: float, bits: int, seed: int) -> float:
    """Return the SNR in dB at which one block in ten is lost."""
    each, levels = tuple(code(graphs, bits, rate, order)), amplitudes(order)
    unit_db = 0.1 if bits >= 500 else 0.3
    final = int(np.clip(200_000 / bits, 200, 2000))

    def error(step: int, blocks: int) -> float:
        deviation = math.sqrt(0.5 * 10.0 ** (-0.1 * step * unit_db))
        stream = 10_000_019 * seed + 7919 * step + blocks
        found = block_errors(stream, blocks, levels, order // 2, deviation, each, 2.0 * LARGEST)
        return (found + 0.5) / (blocks + 1.0)

    sent = order * bits / len(each[6])
    limit_db = 10.0 * math.log10(2.0**sent - 1.0)
    low, stride = round((limit_db + 0.4) / unit_db), 8
    while error(low, 40) < 0.15:
        low -= stride
    high = low + stride
    while error(high, 40) > 0.1:
        low, high = high, high + stride
    while high - low > 2:
        middle = (low + high) // 2
        low, high = (middle, high) if error(middle, 100) > 0.1 else (low, middle)
    lost = {step: error(step, final) for step in (low, high)}
    while lost[low] <= 0.1:
        low, high = low - 1, low
        lost[low] = error(low, final)
    while lost[high] > 0.1:
        low, high = high, high + 1
        lost[high] = error(high, final)
    a, b = (math.log(lost[step] / (1.0 - lost[step])) for step in (low, high))
    share = (a - math.log(1.0 / 9.0)) / (a - b)
    return unit_db * (low + share * (high - low))


def rows() -> list[tuple[int, float]]:
    """Return modulation order and rate times 1024 of every row of the tables, once."""
    return sorted({(order, r) for table in MCS_ROWS for order, rates in table for r in rates})


def main() -> None:
    """Print the thresholds of random pairs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graphs", type=Path)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw, every = np.random.default_rng(options.seed), rows()
    chosen = draw.integers(len(every), size=options.pairs)
    sizes = np.exp(draw.uniform(math.log(24), math.log(8448), options.pairs))
    cases = [(*every[k], int(bits)) for k, bits in zip(chosen, sizes, strict=True)]
    for order, rate_1024, bits in cases:
        possible = min(bits, 3840) if rate_1024 <= 256 else bits  # longer ones are cut up
        found = threshold_db(options.graphs, order, rate_1024 / 1024.0, possible, options.seed)
        print(f"{order} {rate_1024:g} {bits} {found:.3f}", flush=True)


if __name__ == "__main__":
    main()
