"""Power control on the channels of a published experiment, made with its own random numbers.

    python benchmarks/power_control.py [--slots 500]

Twenty links in ten cells, 5 episodes of 2500 slots: Y. S. Nasir and D. Guo, "Deep actor-critic
learning for distributed power control in wireless mobile networks", Asilomar 2020, and their
public code and configuration. Users pass from cell to cell, which they do not in
``isac/MultiBsPower-v0``. Five episodes are few: over many, the mean of WMMSE is about 2.3 bit/s/Hz,
so only the same channels show whether an algorithm is the same.
"""

import argparse
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isac_envs.kernels.channel.fading import bessel_j0
from isac_envs.kernels.power_control.fractional import fractional_programming
from isac_envs.kernels.power_control.weighted_mmse import weighted_mmse

Array = npt.NDArray[Any]

CELLS, LINKS, EPISODES, SLOTS = 10, 20, 5, 2500
HALF_M, LEAST_M, SLOT_S = 400.0, 35.0, 0.02
LARGEST_M = HALF_M * 2.0 / np.sqrt(3.0)  # from the centre of a hexagon to a corner
SPEED, ACCELERATION, TURN, PERIOD, REGISTER = 2.5, 0.5, 0.175 * np.pi, 50, 50
BUDGET_W, NOISE_W, CAP = 10.0**0.8, 10.0**-14.4, 1000.0
PUBLISHED = {"WMMSE": 2.61, "FP": 2.45, "FP one slot late": 2.37, "random": 0.93, "full": 0.91}


class Episode(NamedTuple):
    """Gains without fading (T, L, L), serving cells (T, L) and speeds in m/s (T, L)."""

    gains: Array
    cells: Array
    speeds: Array


def centres() -> tuple[Array, list[list[int]]]:
    """Return the base stations and, of each cell, its neighbours in the order of the angle."""
    angles = np.arange(6) * np.pi / 3.0
    around = 2.0 * HALF_M * np.stack((np.cos(angles), np.sin(angles)), -1)
    found = [np.zeros(2)]
    for centre in found:
        for place in centre + around:
            if len(found) < CELLS and min(np.hypot(*(place - each)) for each in found) > 1.0:
                found.append(place)
    places = np.array(found)
    near = [
        [k for side in around for k in range(CELLS) if np.hypot(*(c + side - places[k])) < 1.0]
        for c in places
    ]
    return places, near


def inside(offset: Array) -> bool:
    """Return whether an offset from a base station is in its hexagon and not too near."""
    x, y = np.abs(offset)
    hexagon = x < HALF_M and 0.5 * (x + np.sqrt(3.0) * y) < HALF_M
    return bool(hexagon and LEAST_M < np.hypot(x, y) < LARGEST_M)


class Walker:
    """A user who walks through cells and registers with a new one after a while."""

    def __init__(self, places: Array, near: list[list[int]], random: np.random.RandomState) -> None:
        self.places, self.near, self.random = places, near, random
        self.cell = int(random.randint(CELLS))
        low = places[self.cell] - (HALF_M, LARGEST_M)
        high = places[self.cell] + (HALF_M, LARGEST_M)
        while True:
            self.speed = random.uniform(0.0, SPEED)
            self.heading = random.uniform(-np.pi, np.pi)
            self.place = np.array([random.uniform(low[d], high[d]) for d in (0, 1)])
            if inside(self.place - places[self.cell]):
                break
        self.coming, self.wait = -1, REGISTER

    def walk(self, slot: int) -> None:
        """Move by one slot."""
        if slot % PERIOD == 0:
            change = self.random.uniform(-ACCELERATION, ACCELERATION)
            turn = self.random.uniform(-TURN, TURN)
            self.speed = min(max(self.speed + change, 0.0), SPEED)
            self.heading += turn
        here, serving = self.cell, self.cell
        if self.coming >= 0:
            here = self.coming
            if self.wait > 0:
                self.wait -= 1
            else:
                serving, self.coming, self.wait = here, -1, REGISTER
        self.cell = serving
        while True:
            way = SLOT_S * self.speed * np.array([np.cos(self.heading), np.sin(self.heading)])
            place = self.place + way
            if inside(place - self.places[here]):
                break
            into = [k for k in self.near[here] if inside(place - self.places[k])]
            if into:
                self.coming, self.wait = (-1 if into[0] == serving else into[0]), REGISTER
                break
            self.heading = self.random.uniform(-np.pi, np.pi)
        self.place = place


def episode(random: np.random.RandomState) -> Episode:
    """Return an episode without fading."""
    places, near = centres()
    walkers = [Walker(places, near, random) for _ in range(LINKS)]
    at, cells, speeds = np.zeros((SLOTS, LINKS, 2)), np.zeros((SLOTS, LINKS), int), []
    for t in range(SLOTS):
        at[t] = [each.place for each in walkers]  # gains lag the walk by a slot
        if t == 0:
            cells[0], speeds = [each.cell for each in walkers], [[0.0] * LINKS]
            continue
        for each in walkers:
            each.walk(t)
        cells[t] = [each.cell for each in walkers]
        speeds.append([each.speed for each in walkers])
    rates = np.array(speeds)
    rho = np.exp(-rates * SLOT_S / 10.0)
    shadow = random.randn(CELLS, LINKS)
    gains = np.zeros((SLOTS, LINKS, LINKS))
    for t in range(SLOTS):
        if t > 0:
            shadow = rho[t] * shadow + np.sqrt(1.0 - rho[t] ** 2) * random.randn(CELLS, LINKS)
        away = np.linalg.norm(at[t][:, None] - places[cells[t]][None], axis=-1)
        gain_db = -128.1 - 37.6 * np.log10(away / 1000.0) + 10.0 * shadow[cells[t]].T
        gains[t] = 10.0 ** (gain_db / 10.0)
    return Episode(gains, cells, rates)


def fading(episodes: list[Episode], random: np.random.RandomState) -> Array:
    """Return the gains of all slots, receiver before transmitter, shape ``(T, L, L)``."""

    def draw(columns: int) -> Array:
        real, imaginary = random.randn(columns, LINKS), random.randn(columns, LINKS)
        return np.asarray(np.sqrt(2.0 / np.pi) * (real + 1j * imaginary))

    gains = np.concatenate([each.gains for each in episodes])
    cells = np.concatenate([each.cells for each in episodes])
    turns = np.concatenate([each.speeds for each in episodes]) * SLOT_S * 2e9 / 3e8
    rho = np.asarray(bessel_j0(2.0 * np.pi * turns))
    now = draw(CELLS)
    draw(LINKS)  # drawn there as well, and not used
    for t in range(len(gains)):
        if t > 0:
            fresh = draw(CELLS)
            now = fresh if t % SLOTS == 0 else rho[t] * now + np.sqrt(1.0 - rho[t] ** 2) * fresh
        gains[t] *= np.abs(now[cells[t]].T) ** 2
    return gains


def rate(gains: Array, powers: Array) -> float:
    """Return the mean rate of a link in bit/s/Hz, with ratios up to 30 dB."""
    signal = np.diag(gains) * powers
    ratio = signal / (gains @ powers - signal + NOISE_W)
    return float(np.log2(1.0 + np.minimum(ratio, CAP)).mean())


def published_channels() -> Array:
    """Return the gains of the published test, shape ``(12500, L, L)``."""
    random = np.random.RandomState(1000 + LINKS)  # the generator of the published test
    return fading([episode(random) for _ in range(EPISODES)], random)


def measure(channels: Array) -> dict[str, Array]:
    """Return the rate of each algorithm in each slot, and the iterations of two of them."""
    found: dict[str, list[float]] = {name: [] for name in (*PUBLISHED, "rounds", "rounds of FP")}
    late = np.full(LINKS, BUDGET_W)
    random = np.random.default_rng(0)
    for gains in channels:
        powers, _, rounds = weighted_mmse(gains, BUDGET_W, NOISE_W, tolerance=0.01, iterations=100)
        found["WMMSE"].append(rate(gains, powers[:, 0]))
        found["rounds"].append(rounds)
        powers, _, rounds = fractional_programming(gains, BUDGET_W, NOISE_W)
        found["FP"].append(rate(gains, powers[:, 0]))
        found["rounds of FP"].append(rounds)
        found["FP one slot late"].append(rate(gains, late))
        late = powers[:, 0]
        found["random"].append(rate(gains, BUDGET_W * random.random(LINKS)))
        found["full"].append(rate(gains, np.full(LINKS, BUDGET_W)))
    return {name: np.array(values) for name, values in found.items()}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slots", type=int, default=EPISODES * SLOTS, help="slots, evenly taken")
    wanted = parser.parse_args().slots
    channels = published_channels()
    found = measure(channels[np.linspace(0, len(channels) - 1, wanted).astype(int)])
    print("| algorithm | published | here |\n| --- | --- | --- |")
    for name, value in PUBLISHED.items():
        print(f"| {name} | {value:.2f} | {found[name].mean():.3f} |")
    rounds, others = found["rounds"].mean(), found["rounds of FP"].mean()
    print(f"\nIterations: WMMSE {rounds:.1f}, FP {others:.1f}.")


if __name__ == "__main__":
    main()
