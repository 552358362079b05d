"""isac/VcpsView-v0: waits against an event simulation, moments of service times."""

import math

import numpy as np
import pytest
from vcps_view_play import Play

RATES, MEANS, VARIATIONS = (0.8, 0.5, 0.3), (0.3, 0.4, 0.6), (1.0, 0.2, 1.5)
SQUARES = [m * m * (1 + c * c) for m, c in zip(MEANS, VARIATIONS, strict=True)]


def queue_of_three(second_s2, **overrides):
    """Return the waits in the environment, highest priority first."""
    play = Play(vehicles=1, types=3, sensable_types=3, **overrides)
    play.items[0]["mean_s"], play.items[0]["second_s2"] = MEANS, second_s2
    shares = np.array(RATES) * MEANS / play.model.params.max_load
    play.step([1, 1, 1, *shares, 0.9, 0.5, 0.1, 0.0, 1.0])
    assert play.items[0]["rate_hz"] == pytest.approx(RATES, rel=1e-12)
    return play.items[0]["wait_s"]


def simulated_queue(preemptive, jobs, seed):
    """Return mean waits from an event simulation with gamma service times."""
    random = np.random.default_rng(seed)
    arrivals = [
        (t, k) for k, rate in enumerate(RATES)
        for t in np.cumsum(random.exponential(1 / rate, int(jobs * rate / sum(RATES))))
    ]  # fmt: skip
    arrivals.sort()
    lines, running, now = [[], [], []], None, 0.0
    total, count = np.zeros(3), np.zeros(3)
    for moment, k in [*arrivals, (math.inf, -1)]:
        while True:
            if running is None:
                waiting = next((line for line in lines if line), None)
                if waiting is None:
                    break
                running = waiting.pop(0)
            if now + running[3] > moment:
                running[3] -= moment - now
                break
            now += running[3]
            total[running[0]] += now - running[1] - running[2]
            count[running[0]] += 1
            running = None
        if k < 0:
            break
        now = moment
        shape = 1 / VARIATIONS[k] ** 2
        service = random.gamma(shape, MEANS[k] / shape)
        if preemptive and running is not None and k < running[0]:
            lines[running[0]].insert(0, running)
            running = None
        lines[k].append([k, moment, service, service])
    return total / count


@pytest.mark.parametrize(
    ("discipline", "expected"),
    [("preemptive", (0.0947, 0.393, 1.830)), ("nonpreemptive", (0.380, 0.679, 1.359))],
)
def test_waits_are_those_of_an_event_simulation(discipline, expected):
    found = queue_of_three(SQUARES, discipline=discipline)
    assert found == pytest.approx(expected, rel=2e-3)
    simulated = np.mean(
        [simulated_queue(discipline == "preemptive", 200_000, s) for s in (1, 2, 3)], axis=0
    )
    assert found == pytest.approx(simulated, rel=0.03)


def test_the_variance_makes_waits_too_short():
    variances = [s - m * m for s, m in zip(SQUARES, MEANS, strict=True)]
    assert queue_of_three(variances) == pytest.approx((0.047, 0.215, 1.219), rel=0.01)


@pytest.mark.parametrize("kind", ["second_moment", "variance"])
def test_moments_of_service_times_are_taken_over_track_and_fading(kind):
    play = Play(second_moment=kind, fading_deviation=0.0, instance=3)
    half = np.hypot(play.tracks[2]["x_m"] - 500, play.tracks[2]["y_m"] - 500)
    snr = 4 * 0.1 / (1e-12 * np.maximum(half, 1) ** 3)
    size = play.kinds["amount"][play.items[2]["kind"][5]]
    times = size / (2e5 * np.log2(1 + snr))
    assert play.items[2]["mean_s"][5] == pytest.approx(times.mean(), rel=1e-9)
    second = times.var() if kind == "variance" else (times**2).mean()
    assert play.items[2]["second_s2"][5] == pytest.approx(second, rel=1e-6)
