"""isac/VcpsView-v0: who senses each required type as an action, and what is seen of these types."""

import math

import numpy as np
import pytest
from vcps_view_play import ID, Play

from isac_envs import scenarios
from isac_envs.core.env import Env
from isac_envs.core.vector_env import VectorEnv

FORM = {"observation": "required", "action": "sensors"}
NAMES = ("required", "first_view", "second_view", "cached_age")
CANDIDATE = ("candidate", "cost", "age", "service", "distance", "cheapest_of")


def test_spaces_have_a_place_for_each_required_type():
    env = Env(ID, **FORM)
    assert env.action_space.nvec.tolist() == [3] * 18  # two views of nine types
    assert env.observation_space.shape == (18 * (4 + 2 * 6) + 2,)
    env = Env(ID, **FORM, candidates=4, required_types=3)
    assert env.action_space.nvec.tolist() == [5] * 6
    assert env.observation_space.shape == (6 * (4 + 4 * 6) + 2,)
    assert len(Env(ID, **FORM, types=12, sensable_types=4).action_space.nvec) == 12
    published = Env(ID, **FORM, draws="published")  # of ten types only
    assert len(published.action_space.nvec) == 10


def needed(play):
    """Return the required types in order, each with the views that need it."""
    views = [play.views[m] for m in play.requests[play.env["time"]] if m >= 0]
    found: dict[int, list[int]] = {}
    for number, view in enumerate(views):
        for d in view["kinds"][: view["count"]]:
            found.setdefault(int(d), []).append(number)
    return found, [int(view["count"]) for view in views]


def able(play, d):
    """Return vehicle and item of all who can sense a type, the cheapest first."""
    places = [tuple(map(int, each)) for each in np.argwhere(play.items["kind"] == d)]
    return sorted(places, key=lambda place: play.items[place]["cost"])


def expected_rows(play, candidates, load):
    p, now = play.model.params, int(play.env["time"])
    types, counts = needed(play)
    first = [able(play, d)[0][0] for d in types if able(play, d)]
    rows = []
    for d, views in types.items():
        kind = play.kinds[d]
        cached = max(now, kind["received_s"]) - kind["update_s"]
        row = [1.0, 0 in views, 1 in views, min(1, cached / 30)]
        for i, k in able(play, d)[:candidates]:
            item, place = play.items[i, k], play.tracks[i, now]
            interval = min(30, max(1, first.count(i)) * item["mean_s"] / load)
            sampled = math.floor(now / interval) * interval
            changed = math.floor(sampled / kind["interval_s"]) * kind["interval_s"]
            age = max(now, sampled + item["mean_s"]) - changed
            distance = math.hypot(place["x_m"] - 500, place["y_m"] - 500)
            row += [1.0, item["cost"] / p.cost_high, min(1, age / 30)]
            row += [min(1, item["mean_s"] / 30), distance / (500 * math.sqrt(2))]
            row += [first.count(i) / p.places]
        rows.append(row + [0.0] * (4 + 6 * candidates - len(row)))
    rows += [[0.0] * (4 + 6 * candidates)] * (p.places - len(rows))
    counts += [0] * (2 - len(counts))
    return np.array(rows, float), np.array(counts) / 9


@pytest.mark.parametrize(("candidates", "load"), [(2, 0.6), (4, 0.3)])
def test_features_of_the_required_types(candidates, load):
    play = Play(seed=3, candidates=candidates, planned_load=load, **FORM)
    generator, shared = np.random.default_rng(2), 0
    for _ in range(60):
        rows, counts = expected_rows(play, candidates, load)
        shared += (rows[:, 1:3].sum(1) == 2).sum()
        seen = play.frame.observations[0, 0]
        np.testing.assert_allclose(seen[:-2].reshape(rows.shape), rows, atol=1e-6)
        np.testing.assert_allclose(seen[-2:], counts, atol=1e-6)
        play.step(generator.integers(0, candidates + 1, play.model.action.width))
    assert shared  # types that both views need have one place


def test_names_of_the_features():
    coordinates = Env(ID, **FORM).batch.model.observation.coordinates
    names = [each.name for each in coordinates]
    assert names == [*((*NAMES, *CANDIDATE, *CANDIDATE) * 18), "count"]


def test_sensors_are_the_plan_of_a_rule_in_another_form():
    """A chosen vehicle senses at load 0.6 shared equally, with the least power."""
    sensors, threshold = Play(seed=5, **FORM), Play(seed=5)
    generator = np.random.default_rng(0)
    for _ in range(50):
        action = generator.integers(0, 3, 18)
        chosen = {}
        for place, d in enumerate(needed(sensors)[0]):
            listed = able(sensors, d)
            if action[place] and listed:
                i, k = listed[min(int(action[place]), len(listed)) - 1]
                chosen.setdefault(i, []).append(k)
        found = sensors.step(action)
        coordinates = np.zeros(320)
        bits = np.zeros(10)
        for i, items in chosen.items():
            means = threshold.items[i]["mean_s"]
            for k in items:
                coordinates[31 * i + k] = 1
                coordinates[31 * i + 10 + k] = 0.6 / 0.9 / len(items)
                kind = threshold.kinds[threshold.items[i, k]["kind"]]
                bits[i] += kind["amount"]
            coordinates[31 * i + 20 : 31 * i + 30] = 1 - means / means.max()
        now = int(threshold.env["time"])
        places = threshold.tracks[:, now]
        distance = np.maximum(1, np.hypot(places["x_m"] - 500, places["y_m"] - 500))
        snr = 2.0**2 * 1e-1 / 1e-12 / distance**3  # 20 dBm, -90 dBm, mean gain
        shares = np.sqrt(bits / np.log2(1 + snr))
        coordinates[310:] = shares / shares.sum() if shares.any() else 0.1
        assert found == pytest.approx(threshold.step(coordinates), rel=1e-9)


def total(name, slots=80, **form):
    env = VectorEnv(scenarios.build(ID, None, form), 4)
    env.reset(seed=11)
    policy, sums = env.model.baselines[name](env.batch, 1), 0.0
    for _ in range(slots):
        sums += env.step(policy.act())[1].mean()
    return sums / slots


def test_greedy_and_nothing_are_the_same_in_both_forms_of_the_action():
    for name in ("greedy", "never_sense"):
        assert total(name) == pytest.approx(total(name, **FORM), rel=1e-9)


def test_the_search_keeps_nearly_all_that_it_gains_without_loads_and_powers():
    greedy, search = total("greedy"), total("search")
    limited = total("search", **FORM, candidates=4)
    assert greedy < limited and limited > greedy + 0.8 * (search - greedy)


def test_where_nobody_can_sense_a_type_its_choice_has_no_effect():
    play = Play(seed=1, **FORM)
    while True:
        places = [k for k, d in enumerate(needed(play)[0]) if not able(play, d)]
        if places:
            break
        play.step(np.ones(18, int))
    snapshot = play.batch.snapshot()
    action = np.ones(18, int)
    expected = play.step(action)
    play.batch.restore(snapshot)
    action[places] = 0
    action[len(needed(play)[0]) :] = 2  # places without a type
    assert (play.step(action) == expected).all()
