"""Many looks at random scenes, compiled, and what is counted over them."""

import math
from typing import Any

import numpy as np

from isac_envs.engine import rng
from isac_envs.engine.jit import jit
from isac_envs.kernels.constants import SPEED_OF_LIGHT_M_S
from isac_envs.sensing import echoes as chain
from isac_envs.sensing.detections import DETECTION
from isac_envs.sensing.echo_work import ECHO, echo_work

SYMBOLS = 64
ALPHA_CELLS = 144


def sizes(p: Any, symbols: int = SYMBOLS) -> tuple[float, float]:
    """Return the sizes of a range and of a Doppler cell, in m and m/s."""
    distance = SPEED_OF_LIGHT_M_S / (2.0 * p["sensing_subcarriers"] * p["subcarrier_step_hz"])
    return float(distance), float(p["wavelength_m"] / (2.0 * symbols * p["symbol_step_s"]))


def kept(offset: Any, columns: int = 16) -> Any:
    """Return what the coherent sum of two halves keeps of their power beside the beam."""
    return np.cos(np.pi * columns / 4.0 * offset) ** 2


@jit
def count_hits(p, scenes, places, symbols, stream, work, hits):
    """Write for each scene whether the cell of its target fires, and any of the 3 x 3 around."""
    rows, columns = symbols - 1, p.sensing_subcarriers
    for i in range(scenes.shape[0]):
        chain.write_paths(p, scenes[i], symbols, stream, work)
        chain.write_grid(p, scenes.shape[1], symbols, stream, work)
        chain.remove_mean(p, symbols, work)
        chain.write_map(p, symbols, work)
        chain.write_level(p, symbols, work)
        hits[i, 0] = hits[i, 1] = False
        for a in range(-1, 2):
            for b in range(-1, 2):
                row, column = (places[i, 0] - 1 + a) % rows, (places[i, 1] + b) % columns
                cell = row * columns + column
                fires = work.power[cell] > p.cfar_factor * work.level[cell]
                hits[i, 1] |= fires
                hits[i, 0] |= fires and a == 0 and b == 0


@jit
def count_alarms(p, scenes, symbols, stream, work):
    """Return how many cells fire."""
    count = 0
    for i in range(scenes.shape[0]):
        chain.write_paths(p, scenes[i], symbols, stream, work)
        chain.write_grid(p, scenes.shape[1], symbols, stream, work)
        chain.remove_mean(p, symbols, work)
        chain.write_map(p, symbols, work)
        chain.write_level(p, symbols, work)
        for cell in range((symbols - 1) * p.sensing_subcarriers):
            count += work.power[cell] > p.cfar_factor * work.level[cell]
    return count


@jit
def look_often(p, scenes, beam, stream, work, found, counts):
    """Take one look at each scene."""
    for i in range(scenes.shape[0]):
        counts[i] = chain.find_echoes(p, scenes[i], beam, stream, work, found[i])


def stream(seed: int) -> Any:
    state = np.zeros(4, np.uint64)
    rng.seed_stream(state, np.uint64(seed), np.uint64(2))
    return state


def scenes(draw: Any, looks: int, targets: Any = None) -> Any:
    """Return a target (if any), a second one at 35 m and clutter at three ranges, all Swerling 1.

    Args:
        draw: Generator.
        looks: How many.
        targets: Range, rate, offset and mean SNR of the sum, each shape ``(looks,)``.
    """
    found = np.zeros((looks, 5 if targets is not None else 4), ECHO)
    others = found[:, -4:]
    others["range_m"] = 35.0, 25.0, 60.0, 110.0
    others["range_rate_m_s"][:, 0] = draw.choice((-1.0, 1.0), looks) * draw.uniform(2, 12, looks)
    others["offset"] = draw.uniform(-0.06, 0.06, (looks, 4))
    others["snr"] = np.array((10.0**1.5, *(10.0**3.5,) * 3)) * draw.exponential(size=(looks, 4))
    if targets is None:
        others["snr"][:, 0] = 0.0  # clutter and noise alone
    else:
        for name, value in zip(ECHO.names, targets, strict=True):
            found[name][:, 0] = value
        found["snr"][:, 0] *= draw.exponential(size=looks)
    return found


def expected(mean_snr: Any, factor: float) -> float:
    """Return the mean over looks of the probability of detection of CA-CFAR, Swerling 1."""
    return float(np.mean((1.0 + factor / (ALPHA_CELLS * (1.0 + mean_snr))) ** -ALPHA_CELLS))


def random_targets(draw: Any, p: Any, kind: str, snr_db: float, looks: int) -> tuple[Any, Any, Any]:
    """Return targets, their cells (Doppler, range) and their mean SNR in that cell."""
    range_cell, speed_cell = sizes(p)
    if kind == "on_bin":
        distance = range_cell * draw.integers(28, 92, looks).astype(float)
        distance = np.where(abs(distance - 60.0) < 8 * range_cell, 50 * range_cell, distance)
        bins = draw.choice((-1, 1), looks) * draw.integers(5, 26, looks)
        rate, offset = -speed_cell * bins, np.zeros(looks)
    else:
        distance = draw.uniform(45.0, 150.0, looks)
        rate = draw.choice((-1.0, 1.0), looks) * draw.uniform(2.0, 12.0, looks)
        offset = draw.uniform(-0.06, 0.06, looks)
    mean = 10.0 ** (snr_db / 10.0) * kept(offset)
    x, b = distance / range_cell, -rate / speed_cell
    cells = np.stack([np.rint(b).astype(int) % SYMBOLS, np.rint(x).astype(int)], axis=1)
    lost = np.sinc(x - np.rint(x)) ** 2 * np.sinc(b - np.rint(b)) ** 2
    return (distance, rate, offset, mean), cells, mean * lost


def work(p: Any, symbols: int = SYMBOLS, paths: int = 8) -> Any:
    return echo_work(int(p["sensing_subcarriers"]), symbols, paths)


def detections(looks: int, most: int = 16) -> Any:
    return np.zeros((looks, most), DETECTION), np.zeros(looks, np.int64)


def root_mean_square(values: Any) -> float:
    return math.sqrt(float(np.mean(np.square(values))))
