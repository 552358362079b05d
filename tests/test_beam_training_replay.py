"""Recorded sweeps in isac/BeamTraining-v0, and the street that stands for them."""

import gymnasium
import numpy as np
import pytest
from beam_training_play import ID, Play, recorded, rewards_of_slots, write_recording

import isac_envs  # noqa: F401 - registers the ids
from isac_envs import scenarios
from isac_envs.envs.beam_management.beam_training import learned
from isac_envs.errors import ScenarioError

SMALL = {"beams": 8, "antennas": 8, "slot_probes": 10, "episode_slots": 12}


def build(path, **overrides):
    return scenarios.build(ID, "replay", {**SMALL, "data": str(path), **overrides})


def test_ten_neighbours_name_the_best_beam_as_often_as_in_scenario_1():
    """2422 samples, a fifth for tests; recorded: 0.541, 0.870 and 0.922 in the first 1, 3, 5."""
    model = scenarios.build(ID, "deepsense", {})
    places, labels = (each[:2422] for each in learned.drive(model, 2422, 1))
    order = np.random.default_rng(0).permutation(2422)
    train, test = order[:1938], order[1938:]
    knn = Play(1, "deepsense").model.baselines["nearest_neighbours"](Play(1, "deepsense").trial)
    knn.places, knn.labels = places[train], labels[train]
    ranks = np.argsort(-knn.scores(places[test]), 1, kind="stable")
    hits = ranks == labels[test][:, None]
    found = [hits[:, :k].any(1).mean() for k in (1, 3, 5)]
    assert found == pytest.approx([0.541, 0.870, 0.922], abs=0.05)
    drives = learned.drive(model, 2400, 1)[1].reshape(-1, 50)  # 50 copies, slot after slot
    assert (np.diff(drives[:48], axis=0) == 0).mean() == pytest.approx(0.439, abs=0.05)


def test_neighbours_vote_as_a_slow_count_says():
    play = Play(4, "deepsense")
    knn = play.model.baselines["nearest_neighbours"](play.trial)
    here = np.array([[3.0, 12.0], [-8.0, 15.0]])
    for place, scores in zip(here, knn.scores(here), strict=True):
        away = np.hypot(*(knn.places - place).T)
        votes = np.bincount(knn.labels[np.argsort(away)[:10]], minlength=64)
        assert np.round(scores) == pytest.approx(votes)


def test_a_recording_is_played_in_its_order(tmp_path):
    path, places = write_recording(tmp_path)
    play = Play(1, "replay", **SMALL, data=str(path), replay_split="all")
    samples = play.trial.state.scratch.replay
    assert samples.powers.shape == (60, 8)
    assert samples.dropped == 0
    assert samples.starts.tolist() == [0, 12, 24, 36, 48]
    shapes = np.array([recorded(place) for place in places])
    ratio = samples.powers / shapes
    assert ratio == pytest.approx(ratio[0, 0], rel=1e-6)  # one scale for all
    number = int(play.env["sample"][0])
    for _ in range(30):
        assert play.beams["power"][0] == pytest.approx(samples.powers[number])
        assert play.env["truly_best"][0] == shapes[number].argmax()
        assert play.env["gps_x_m"][0] == samples.places[number, 0]
        play.step(play.commit)
        following = int(play.env["sample"][0])
        if samples.ends[number]:
            assert following in samples.starts
            assert play.env["is_new"][0]
        else:
            assert following == number + 1
        number = following


def test_places_are_turned_to_face_the_array(tmp_path):
    """The array looks west; along and away are recovered but for the lobe's quantisation."""
    path, places = write_recording(tmp_path)
    replay = build(path, replay_split="all").params.replay
    assert np.hypot(*replay.places.T) == pytest.approx(np.hypot(*places.T), rel=1e-3)
    turned = np.arctan2(*replay.places.T) - np.arctan2(*places.T)
    assert np.ptp(turned) < 1e-3
    assert abs(turned.mean()) < np.radians(90 / 8 / 2)
    best = replay.powers.max(1)
    p = build(path).params
    budget = p.snr_1m * p.coherence * 8 / (replay.places**2).sum(1)
    assert np.median(budget / best) == pytest.approx(1.0, rel=1e-9)


def test_a_reversed_order_of_beams_is_recognised(tmp_path):
    def turn(rows):
        for row in rows:
            file = tmp_path / row["unit1_pwr_60ghz"]
            file.write_text("\n".join(reversed(file.read_text().split())))

    path, places = write_recording(tmp_path, edit=turn)
    replay = build(path, replay_split="all").params.replay
    angle = np.degrees(np.arctan2(replay.places[:, 0], replay.places[:, 1]))
    nearest = np.clip(np.floor((angle / 90 + 0.5) * 8), 0, 7)
    assert (np.abs(nearest - replay.powers.argmax(1)) <= 1).all()
    assert replay.places[:12, 0] == pytest.approx(-places[:12, 0], abs=2.5)


def test_rows_without_numbers_are_left_out_and_end_a_run(tmp_path):
    def spoil(rows):
        (tmp_path / "power" / "6.txt").write_text("nan\n" * 8)
        (tmp_path / "gps" / "20.txt").write_text("nan\n33.0\n")

    path, _ = write_recording(tmp_path, edit=spoil)
    replay = build(path, replay_split="all").params.replay
    assert replay.dropped == 2
    assert len(replay.powers) == 58
    assert np.isfinite(replay.powers).all()
    assert replay.starts.tolist() == [0, 5, 11, 18, 22, 34, 46]


def test_samples_follow_their_numbers_and_a_gap_ends_a_run(tmp_path):
    def shuffle(rows):
        del rows[16:19]
        rows.reverse()

    path, places = write_recording(tmp_path, edit=shuffle)
    replay = build(path, replay_split="all").params.replay
    assert len(replay.powers) == 57
    assert replay.starts.tolist() == [0, 12, 16, 21, 33, 45]
    expected = [recorded(place).argmax() for place in np.delete(places, slice(16, 19), 0)]
    assert (replay.powers.argmax(1) == expected).all()


def test_labels_of_the_file_are_not_read(tmp_path):
    """They count from 1, and point at powers that are no numbers: what counts is the sweep."""

    def lie(rows):
        for row in rows:
            row["unit1_beam"] = 1

    path, places = write_recording(tmp_path, edit=lie)
    powers = build(path, replay_split="all").params.replay.powers
    assert (powers.argmax(1) == [recorded(place).argmax() for place in places]).all()


def test_splits_keep_sequences_whole(tmp_path):
    path, _ = write_recording(tmp_path, sequences=11)
    sizes = {
        split: len(build(path, replay_split=split).params.replay.powers)
        for split in ("all", "train", "test")
    }
    assert sizes == {"all": 132, "train": 9 * 12, "test": 2 * 12}


def test_an_offset_shifts_positions_within_sequences(tmp_path):
    path, _ = write_recording(tmp_path)
    plain = build(path, replay_split="all").params.replay
    shifted = build(path, replay_split="all", replay_offset=2).params.replay
    assert len(shifted.powers) == 50
    assert shifted.powers[:10] / shifted.powers[0, 0] == pytest.approx(
        plain.powers[:10] / plain.powers[0, 0]
    )
    away = np.hypot(*shifted.places.T)[:10]
    assert away == pytest.approx(np.hypot(*plain.places.T)[2:12])


def test_policies_learn_from_some_sequences_and_are_tested_on_others(tmp_path):
    path, _ = write_recording(tmp_path, sequences=10)
    model = build(path)
    mean = {
        name: rewards_of_slots(model, name, 20).mean()
        for name in ("genie", "bayes", "nearest_neighbours", "sweep", "random")
    }
    assert mean["genie"] > mean["bayes"] > mean["sweep"]
    assert mean["genie"] > mean["nearest_neighbours"] > mean["random"]
    places, _ = learned.drive(model, 100, 5)
    trained = build(path, replay_split="train").params.replay.places
    assert {tuple(each) for each in places} <= {tuple(each) for each in trained}


def test_the_environment_is_made_with_a_path(tmp_path, monkeypatch):
    write_recording(tmp_path)
    monkeypatch.chdir(tmp_path)
    env = gymnasium.make(ID, scenario="replay", data="scenario.csv", **SMALL)
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(50):
        observation, _, terminated, _, _ = env.step(env.action_space.sample())
        assert env.observation_space.contains(observation)
        if terminated:
            env.reset()


def edited(**cells):
    """Return an edit of the third row, which is line 4 of the index."""
    return lambda rows: rows[2].update(cells)


WRONG = {
    "no such sweep": (edited(unit1_pwr_60ghz="./power/none.txt"),
                      ["line 4", "unit1_pwr_60ghz", "none.txt"]),
    "no name": (edited(unit2_loc=""), ["line 4", "unit2_loc", "''"]),
    "outside": (edited(unit2_loc="../../etc/passwd"), ["line 4", "unit2_loc", "passwd"]),
    "no sequence": (edited(seq_index="one"), ["line 4", "seq_index", "'one'"]),
    "no number": (edited(index=""), ["line 4", "'index'", "''"]),
    "a number twice": (edited(index=2), ["line 4", "'index'", "2 is there twice"]),
    "a position for a sweep": (edited(unit1_pwr_60ghz="./gps/3.txt"),
                               ["line 4", "2 numbers, expected 8"]),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_row_is_refused_with_its_line(tmp_path, what):
    edit, words = WRONG[what]
    path, _ = write_recording(tmp_path / "recording", edit=edit)
    with pytest.raises(ScenarioError) as caught:
        build(path)
    assert not [each for each in ("data", str(path), *words) if each not in str(caught.value)]


BAD_SWEEPS = {
    "letters": ("1\n2\nx\n4\n5\n6\n7\n8\n", "'x'"),
    "negative": ("1\n2\n-3\n4\n5\n6\n7\n8\n", "-3"),
    "too long": ("1\n" * 9, "9 numbers, expected 8"),
}


@pytest.mark.parametrize("what", BAD_SWEEPS)
def test_a_wrong_sweep_is_refused_with_line_and_file(tmp_path, what):
    text, word = BAD_SWEEPS[what]

    def spoil(rows):
        (tmp_path / "power" / "3.txt").write_text(text)

    path, _ = write_recording(tmp_path, edit=spoil)
    with pytest.raises(ScenarioError) as caught:
        build(path)
    assert not [each for each in (str(path), "line 4", word) if each not in str(caught.value)]


@pytest.mark.parametrize("content", ["", "index,seq_index\n1,1\n", "\0\0", "a,b\n1,2\n"])
def test_another_index_is_refused(tmp_path, content):
    path = tmp_path / "wrong.csv"
    path.write_text(content)
    with pytest.raises(ScenarioError) as caught:
        build(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("path", ["none.csv", ".", "a\0b.csv"])
def test_what_is_no_file_is_refused(path):
    with pytest.raises(ScenarioError, match="data"):
        build(path)


def test_a_split_without_sequences_is_refused(tmp_path):
    path, _ = write_recording(tmp_path, sequences=3)
    with pytest.raises(ScenarioError, match="replay_split = 'test' is empty: 3 sequences"):
        build(path)


def test_the_index_counts_by_its_content(tmp_path):
    one, _ = write_recording(tmp_path / "one")
    same, _ = write_recording(tmp_path / "same")
    other, _ = write_recording(tmp_path / "other", samples=11)
    first, again, different = (
        scenarios.content_hash(ID, build(path).params) for path in (one, same, other)
    )  # the path itself does not count
    assert first == again
    assert first != different
