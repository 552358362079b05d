"""Waiting times and ages against event simulations, closed forms and limits."""

import heapq
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isac_envs.kernels.link import queueing

DATA = json.loads((Path(__file__).parent / "data" / "comm.json").read_text())["aoi"]


def simulate(
    rates: list[float], draw: Callable[[Any, int], float], preemptive: bool, jobs: int, seed: int
) -> list[float]:
    """Return mean sojourn less service time of each class, from a simulation of every event."""
    generator = np.random.default_rng(seed)
    coming = [(generator.exponential(1.0 / rate), k) for k, rate in enumerate(rates)]
    heapq.heapify(coming)
    waiting: list[tuple[int, float, float, float]] = []  # class, arrival, service, left
    total, count = np.zeros(len(rates)), np.zeros(len(rates))
    now, running = 0.0, None
    while count.sum() < jobs:
        arrival = coming[0][0]
        if running is not None and now + running[3] <= arrival:
            now += running[3]
            total[running[0]] += now - running[1] - running[2]
            count[running[0]] += 1
            running = heapq.heappop(waiting) if waiting else None
            continue
        _, k = heapq.heappop(coming)
        heapq.heappush(coming, (arrival + generator.exponential(1.0 / rates[k]), k))
        service = draw(generator, k)
        job = (k, arrival, service, service)
        if running is not None:
            running = (*running[:3], running[3] - (arrival - now))
        now = arrival
        if running is None:
            running = job
        elif preemptive and k < running[0]:
            heapq.heappush(waiting, running)
            running = job
        else:
            heapq.heappush(waiting, job)
    return list(total / np.maximum(count, 1.0))


MEANS = [0.05, 0.15, 0.4]
RATES = [2.0, 1.2, 0.8]


@pytest.mark.parametrize("discipline", ["preemptive", "nonpreemptive"])
@pytest.mark.parametrize("law", ["exponential", "constant", "gamma"])
def test_priority_waits_against_an_event_simulation(discipline: str, law: str) -> None:
    factor = {"exponential": 2.0, "constant": 1.0, "gamma": 3.0}[law]  # E[S^2] / E[S]^2
    laws: dict[str, Callable[[Any, int], float]] = {
        "exponential": lambda generator, k: generator.exponential(MEANS[k]),
        "constant": lambda _, k: MEANS[k],
        "gamma": lambda generator, k: generator.gamma(0.5, 2.0 * MEANS[k]),
    }
    second = factor * np.square(MEANS)
    found = queueing.priority_waits(RATES, MEANS, second, discipline)
    jobs = {"exponential": 80_000, "constant": 40_000, "gamma": 200_000}[law]
    simulated = simulate(RATES, laws[law], discipline == "preemptive", jobs, 2)
    assert found == pytest.approx(simulated, rel=0.04)


def test_second_moment_is_not_the_variance() -> None:
    with pytest.raises(ValueError, match=r"second_moment_s2 = .* it is E\[S\*\*2\]"):
        queueing.priority_waits([1.0], [0.5], [0.1])


@pytest.mark.parametrize("discipline", ["preemptive", "nonpreemptive"])
def test_one_class_is_the_pollaczek_khinchine_formula(discipline: str) -> None:
    wait = queueing.priority_waits([0.7], [1.0], [2.0], discipline)
    assert wait == pytest.approx([0.7 * 2.0 / (2.0 * 0.3)], rel=1e-14)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(1, 4)), min_size=2),
    st.floats(0.05, 0.95),
)
def test_work_conservation_law(classes: list[tuple[float, float, float]], load: float) -> None:
    rate, mean, factor = (np.array(column) for column in zip(*classes, strict=True))
    rate *= load / (rate @ mean)
    second = factor * mean**2
    waits = queueing.priority_waits(rate, mean, second, "nonpreemptive")
    residual = 0.5 * rate @ second
    assert (rate * mean) @ waits == pytest.approx(load * residual / (1.0 - load), rel=1e-9)
    above = queueing.priority_waits(rate, mean, second, "preemptive")
    assert above[0] <= waits[0] * (1.0 + 1e-12)  # the first class is never in anybody's way
    assert (np.diff(waits) >= 0.0).all()


def test_overload_starves_only_the_lower_classes() -> None:
    rates, means = [0.5, 0.9, 0.5], [1.0, 1.0, 1.0]
    second = [1.0, 1.0, 1.0]
    preemptive = queueing.priority_waits(rates, means, second)
    assert preemptive[0] == pytest.approx(0.5 * 0.5 / (1.0 - 0.5))
    assert np.isinf(preemptive[1:]).all()
    served = queueing.priority_waits(rates, means, second, "nonpreemptive")
    # the server never idles, so an arrival finds half a service left
    assert served[0] == pytest.approx(0.5 / 0.5)
    assert np.isinf(served[1:]).all()

    def constant(_: Any, k: int) -> float:
        return means[k]

    assert simulate(rates, constant, False, 60_000, 5)[0] == pytest.approx(served[0], rel=0.05)


def test_batches_have_the_bits_of_single_calls() -> None:
    generator = np.random.default_rng(0)
    rates = generator.uniform(0.1, 0.3, (4, 5, 3))
    found = queueing.priority_waits(rates, MEANS, 2.0 * np.square(MEANS))
    one = queueing.priority_waits(rates[2, 3], MEANS, 2.0 * np.square(MEANS))
    assert (found[2, 3] == one).all()


@pytest.mark.parametrize("kind", ["mm1", "md1"])
def test_age_at_reference_points(kind: str) -> None:
    function = getattr(queueing, f"age_{kind}")
    for row in DATA[kind]:
        assert function(row["rho"], row["mu"]) == pytest.approx(row["closed"], rel=1e-12)


def test_printed_ages() -> None:
    assert queueing.age_mm1(0.531, 1.0) == pytest.approx(3.484435, abs=5e-7)
    assert queueing.age_mm1(0.531, 1.0) == pytest.approx(DATA["sim_mm1_rho0p531"], rel=1e-3)
    assert queueing.age_md1(0.5, 1.0) == pytest.approx(3.148721, abs=5e-7)
    loads = np.linspace(0.5, 0.56, 601)
    assert loads[queueing.age_mm1(loads, 1.0).argmin()] == pytest.approx(0.531, abs=1e-3)
    for row in DATA["slotted"]:
        assert queueing.age_slotted(row["p"]) == pytest.approx(row["mean_age"], rel=1e-15)


@pytest.mark.parametrize("kind", ["mm1", "md1"])
def test_age_against_an_event_simulation(kind: str) -> None:
    generator, load, jobs = np.random.default_rng(9), 0.6, 400_000
    arrivals = np.cumsum(generator.exponential(1.0 / load, jobs))
    service = generator.exponential(size=jobs) if kind == "mm1" else np.ones(jobs)
    work = np.cumsum(service)
    departures = work + np.maximum.accumulate(arrivals - np.concatenate([[0.0], work[:-1]]))
    begin, end = departures[:-1], departures[1:]
    age = ((end - arrivals[:-1]) ** 2 - (begin - arrivals[:-1]) ** 2).sum() / 2.0
    found = age / (end[-1] - begin[0])
    assert found == pytest.approx(getattr(queueing, f"age_{kind}")(load, 1.0), rel=0.02)


def test_slotted_age_against_a_simulation() -> None:
    delivered = np.random.default_rng(4).random(200_000) < 0.3
    slots = np.arange(delivered.size)
    last = np.maximum.accumulate(np.where(delivered, slots, 0))
    found = (slots - last + 1)[1000:].mean()
    assert found == pytest.approx(queueing.age_slotted(0.3), rel=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: queueing.priority_waits([-1.0], [1.0], [1.0]),
            "arrival_rate_hz = -1.0 is outside",
        ),
        (lambda: queueing.priority_waits([1.0], [0.0], [1.0]), "mean_service_s = 0.0 is outside"),
        (lambda: queueing.priority_waits([1.0], [1.0], [2.0], "lifo"), "discipline = 'lifo'"),
        (lambda: queueing.priority_waits(1.0, 1.0, 1.0), "arrival_rate_hz has shape"),
        (lambda: queueing.age_mm1(1.0, 1.0), "load = 1.0 is outside"),
        (lambda: queueing.age_md1(0.5, 0.0), "service_rate_hz = 0.0 is outside"),
        (lambda: queueing.age_slotted(math.nan), "success_probability = nan is outside"),
    ],
)
def test_errors_name_argument_value_and_range(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
