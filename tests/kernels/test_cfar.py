"""CFAR factors against tables, false alarm rates by Monte Carlo, windows by brute force."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.radar import cfar

DATA = json.loads((Path(__file__).parent / "data" / "cfar.json").read_text())["cfar"]


@pytest.mark.parametrize("row", DATA, ids=lambda r: f"{r['N']}-{r['pfa']}")
def test_every_reference_point(row: dict[str, Any]) -> None:
    cells, pfa = row["N"], row["pfa"]
    for kind in ("ca", "go", "so"):
        factor = cfar.cfar_factor(kind, pfa, cells)
        assert factor == pytest.approx(row[f"{kind}_alpha_mean"], rel=1e-11)
    for each in row["os"]:
        assert cfar.cfar_factor("os", pfa, cells, each["k"]) == pytest.approx(
            each["alpha"], rel=1e-11
        )


def test_printed_values() -> None:
    found = [cfar.cfar_factor(kind, 1e-3, 16) for kind in cfar.KINDS]
    assert found == pytest.approx([8.638824, 7.421411, 7.487313, 12.599715], abs=5e-7)
    assert cfar.cfar_factor("ca", 1e-4, 16) == pytest.approx(12.452471, abs=5e-7)


def test_trap_19_factor_multiplies_the_mean_and_rates_are_per_cell() -> None:
    factor = cfar.cfar_factor("ca", 1e-3, 16)
    assert factor == pytest.approx(16.0 * (1e-3 ** (-1.0 / 16.0) - 1.0), rel=1e-12)
    noise = np.random.default_rng(0).exponential(size=(4000, 32))
    alarms = np.array([cfar.cfar_detect(x, 1e-2, (8,), (1,)).detected for x in noise])
    assert alarms.mean() == pytest.approx(1e-2, rel=0.1)
    assert alarms.any(axis=1).mean() > 0.2  # of a profile: about 1 - 0.99**32 = 0.28


@pytest.mark.parametrize("kind", cfar.KINDS)
@pytest.mark.parametrize("shape", [(1_000_000,), (1000, 1000)])
def test_false_alarm_rate_by_monte_carlo(kind: str, shape: tuple[int, ...]) -> None:
    noise = 7.0 * np.random.default_rng(1).exponential(size=shape)
    window = ((8,), (2,)) if len(shape) == 1 else ((1, 3), (1, 1))
    found = cfar.cfar_detect(noise, 1e-3, *window, kind).detected.mean()
    assert found == pytest.approx(1e-3, abs=5.0 * np.sqrt(1e-3 / 1e6))


@pytest.mark.parametrize("kind", ["ca", "os"])
def test_detection_probability_by_monte_carlo(kind: str) -> None:
    draw, snr, factor = np.random.default_rng(2), 20.0, cfar.cfar_factor(kind, 1e-3, 16)
    cells = np.sort(draw.exponential(size=(200_000, 16)), axis=1)
    level = cells.mean(axis=1) if kind == "ca" else cells[:, 11]
    found = np.mean((1.0 + snr) * draw.exponential(size=200_000) > factor * level)
    exact = (
        cfar.ca_probability(factor, 16.0, snr)
        if kind == "ca"
        else cfar.os_probability(factor, 16, 12, snr)
    )
    assert found == pytest.approx(exact, abs=0.004)


def sums(power: np.ndarray, i: int, k: int, train: Any, guard: Any) -> tuple[list[float], Any]:
    """Return the exact sums over the ring and over both halves, with their numbers of cells."""
    ring, halves = [], ([], [])  # type: ignore[var-annotated]
    for a in range(-train[0] - guard[0], train[0] + guard[0] + 1):
        for b in range(-train[1] - guard[1], train[1] + guard[1] + 1):
            value = power[(i + a) % power.shape[0], (k + b) % power.shape[1]]
            if abs(a) > guard[0] or abs(b) > guard[1]:
                ring.append(value)
            if abs(b) > guard[1]:
                halves[b > 0].append(value)
    return ring, halves


@given(st.integers(0, 2**32 - 1), st.sampled_from(["ca", "go", "so"]), st.floats(0.0, 300.0))
@settings(max_examples=60, deadline=None)
def test_levels_are_exact_whatever_stands_beside_the_window(
    seed: int, kind: str, spread_db: float
) -> None:
    draw = np.random.default_rng(seed)
    train, guard = draw.integers(1, 4, 2), draw.integers(0, 3, 2)
    profile = draw.random() < 0.5
    if profile:
        train[0] = guard[0] = 0
    elif kind == "ca" and draw.random() < 0.4:
        train[draw.integers(2)] = 0  # training cells along one axis only
    size = 2 * (train + guard) + 1 + draw.integers(0, 9, 2)
    power = draw.exponential(size=size) * 10.0 ** (-0.1 * spread_db * (draw.random(size) < 0.7))
    if profile:
        power = power[:1]
    one = slice(1, None) if profile else slice(None)
    given_power = power[0] if profile else power
    found = cfar.cfar_detect(given_power, 1e-2, tuple(train[one]), tuple(guard[one]), kind)
    threshold = found.threshold.reshape(power.shape)
    for i in range(power.shape[0]):
        for k in range(power.shape[1]):
            ring, halves = sums(power, i, k, train, guard)
            means = [math.fsum(half) / len(half) for half in halves]
            level = {"ca": math.fsum(ring) / len(ring), "go": max(means), "so": min(means)}[kind]
            count = len(ring) if kind == "ca" else 2 * len(halves[0])
            factor = cfar.cfar_factor(kind, 1e-2, count)
            assert threshold[i, k] == pytest.approx(factor * level, rel=1e-14)


def test_a_strong_cell_leaves_no_trace_outside_its_window() -> None:
    power = np.ones(64)
    power[30] = 1e16
    for kind in ("ca", "go", "so"):
        threshold = cfar.cfar_detect(power, 1e-3, (4,), (1,), kind).threshold
        clear = np.abs(np.arange(64) - 30) > 5
        assert threshold[clear] == pytest.approx(cfar.cfar_factor(kind, 1e-3, 8), rel=1e-14)


@pytest.mark.parametrize("kind", cfar.KINDS)
def test_windows_by_brute_force(kind: str) -> None:
    power = np.random.default_rng(3).exponential(size=(9, 15))
    threshold = cfar.cfar_detect(power, 1e-2, (2, 3), (1, 2), kind, 7 if kind == "os" else None)
    for i in range(9):
        for k in range(15):
            ring, halves = sums(power, i, k, (2, 3), (1, 2))
            means = [np.mean(half) for half in halves]
            level = {
                "ca": np.mean(ring),
                "os": sorted(ring)[6],
                "go": max(means),
                "so": min(means),
            }[kind]
            count = len(ring) if kind in ("ca", "os") else 2 * len(halves[0])
            factor = cfar.cfar_factor(kind, 1e-2, count, 7 if kind == "os" else None)
            assert threshold.threshold[i, k] == pytest.approx(factor * level, rel=1e-11)


def test_a_target_is_found_and_masks_its_neighbours_only_in_ca() -> None:
    power = np.random.default_rng(4).exponential(size=200)
    power[100] = power[106] = 200.0
    for kind, expected in (("ca", False), ("os", True), ("so", True)):
        found = cfar.cfar_detect(power, 1e-6, (8,), (2,), kind).detected
        assert (found[100] and found[106]) == expected


@given(st.sampled_from(cfar.KINDS), st.floats(1e-8, 0.4), st.integers(2, 60))
@settings(max_examples=80, deadline=None)
def test_factor_inverts_the_probability(kind: str, pfa: float, half: int) -> None:
    factor, cells = cfar.cfar_factor(kind, pfa, 2 * half), 2 * half
    if kind == "ca":
        found = cfar.ca_probability(factor, float(cells), 0.0)
    elif kind == "os":
        found = cfar.os_probability(factor, cells, 3 * cells // 4, 0.0)
    else:
        found = cfar.half_probability(factor, cells, kind == "go", 0.0)
    assert found == pytest.approx(pfa, rel=1e-9)


@given(st.floats(1e-3, 1e6))
@settings(max_examples=30, deadline=None)
def test_scale_changes_nothing(scale: float) -> None:
    power = np.random.default_rng(5).exponential(size=(12, 20))
    for kind in cfar.KINDS:
        plain = cfar.cfar_detect(power, 0.05, (1, 2), (0, 1), kind)
        scaled = cfar.cfar_detect(scale * power, 0.05, (1, 2), (0, 1), kind)
        assert (plain.detected == scaled.detected).all()


@pytest.mark.parametrize("kind", cfar.KINDS)
def test_two_threads_give_the_same_bits(kind: str) -> None:
    maps = np.random.default_rng(6).exponential(size=(4, 32, 24))
    single = [cfar.cfar_detect(m, 1e-2, (2, 2), (1, 1), kind).threshold for m in maps]
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(lambda m: cfar.cfar_detect(m, 1e-2, (2, 2), (1, 1), kind).threshold, maps)
        assert np.stack(list(both)).tobytes() == np.stack(single).tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cfar.cfar_factor("xx", 1e-3, 16), "kind = 'xx' is not one of ca, os, go, so"),
        (lambda: cfar.cfar_factor("go", 1e-3, 15), "cells = 15 is not even"),
        (lambda: cfar.cfar_factor("ca", 0.0, 16), "false_alarm_probability = 0.0"),
        (lambda: cfar.cfar_factor("os", 1e-3, 16, 17), "rank = 17 is not a whole number in"),
        (lambda: cfar.cfar_detect(-np.ones(32), 1e-3, (4,), (1,)), "power = -1.0"),
        (lambda: cfar.cfar_detect(np.ones(32), 1e-3, (4, 4), (1,)), "train = "),
        (lambda: cfar.cfar_detect(np.ones(8), 1e-3, (4,), (1,)), "no room"),
        (lambda: cfar.cfar_detect(np.ones(32), 1e-3, (4.5,), (1,)), r"train = 4.5 is not a whole"),
        (lambda: cfar.cfar_detect(np.ones(32), 1e-3, (4,), (-1,)), r"guard = -1 is not a whole"),
        (
            lambda: cfar.cfar_detect(np.ones(32), 1e-3, (0,), (1,)),
            "cells = 0 is not a whole number in",
        ),
    ],
)
def test_outside_the_domain(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
