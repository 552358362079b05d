"""isac/DirectionalJrc-v0 and its single form: geometry, links, maps, rewards, traffic by hand."""

import math

import numpy as np
import pytest
from directional_jrc_oracle import next_map, transmit
from scipy.stats import norm

from isac_envs import scenarios
from isac_envs.core.batch import Batch
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.envs.v2x.directional_jrc.geometry import sort_along_road
from isac_envs.envs.v2x.directional_jrc.links import packet_success

ID, SINGLE = "isac/DirectionalJrc-v0", "isac/DirectionalJrcSingle-v0"
NULL, RADAR = 16, 17
FRONT, LEFT, BACK, RIGHT = range(4)
PLAIN = {"start_spacing_m": 1.0, "packet_bits": 1, "delivery": "expected"}


class Road:
    """One copy with vehicles put at (x, lane) by hand; what is not named stands off the road."""

    def __init__(self, places, scenario=None, name=ID, **overrides):
        self.model = scenarios.build(name, scenario, overrides)
        self.batch, self.frame = Batch(self.model, 1), StepBuffers.allocate(self.model, 1)
        self.batch.reset(self.frame, [0])
        tables = self.model.params.derived()
        self.vehicles, order = self.batch.state[1][0], self.batch.state[2][0]
        self.labels, self.ages = self.batch.state[4][0], self.batch.state[5][0]
        self.vehicles["present"] = False
        for k, (x, lane) in enumerate(places):
            each = self.vehicles[k]
            each.x_m, each.y_m, each.lane = x, tables["lane_y_m"][lane], lane
            each.velocity_m_s = tables["lane_velocity_m_s"][lane]
            each.heading, each.present = int(each.velocity_m_s < 0), True
            self.labels[k] = tables["fresh_labels"][each.heading]
        self.ages[...] = self.labels > 0
        self.batch.env["on_road"] = sort_along_road(self.vehicles, order)

    def step(self, *actions):
        """Let the first vehicles act, the others do nothing; return the metrics ``(A,)``."""
        rows = self.batch.actions()
        rows[...] = NULL
        rows[0, : len(actions), 0] = actions
        self.batch.step(rows, self.frame)
        return self.frame.metrics[0]


def send(beam, data=FRONT):
    return 4 * beam + data


# --- geometry ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ego", "other", "beam"),
    [
        ((50, 2), (65, 2), FRONT), ((50, 2), (35, 2), BACK),
        ((50, 2), (51, 3), LEFT), ((50, 2), (51, 1), RIGHT),
        ((50, 1), (35, 1), FRONT), ((50, 1), (65, 1), BACK),
        ((50, 1), (51, 0), LEFT), ((50, 1), (51, 2), RIGHT),
    ],
)  # fmt: skip
def test_a_beam_reaches_the_vehicle_in_its_quarter(ego, other, beam):
    for tried in range(4):
        assert Road([ego, other]).step(send(tried))["receivers"][0] == (tried == beam)


def test_the_edge_of_a_beam_and_of_the_range_is_open_and_closed():
    assert [Road([(50, 2), (54, 3)]).step(send(b))["receivers"][0] for b in range(4)] == [0] * 4
    for distance, heard in ((99.9, 1), (100.0, 1), (100.1, 0)):
        assert Road([(10, 2), (10 + distance, 2)]).step(send(FRONT))["receivers"][0] == heard


def test_a_narrow_beam_misses_what_a_wide_one_reaches():
    places = [(50, 2), (55, 3)]
    for half_width, heard in ((45.0, 1), (38.0, 0), (39.0, 1)):  # atan(4 / 5) = 38.66 degrees
        found = Road(places, half_width_deg=half_width).step(send(FRONT))["receivers"][0]
        assert found == heard


def test_a_third_vehicle_casts_a_shadow():
    for way in (1, -1):
        beam = FRONT if way > 0 else BACK
        row = [(75, 2), (75 + 20 * way, 2), (75 + 40 * way, 2)]
        assert Road(row).step(send(beam))["receivers"][0] == 1
        assert Road(row, shadows="none").step(send(beam))["receivers"][0] == 2
        beside = [row[0], (75 + 20 * way, 3), row[2]]
        assert Road(beside).step(send(beam))["receivers"][0] == 2


def test_a_shadow_ends_at_the_corners():
    """The rectangle 15 m ahead hides directions up to atan(1 / 12.5); (D, 4) is at atan(4 / D)."""
    for distance, seen in ((49.0, 2), (51.0, 1)):
        for way, beam in ((1, FRONT), (-1, BACK)):
            places = [(70, 2), (70 + 15 * way, 2), (70 + distance * way, 3)]
            assert Road(places).step(send(beam))["receivers"][0] == seen
    # as published, a vehicle behind hides less: up to atan(1 / 17.5)
    places = [(80, 2), (65, 2), (80 - 60, 3)]
    assert Road(places, shadows="far_edge_behind").step(send(BACK))["receivers"][0] == 2


def test_vehicles_that_left_hide_and_hear_nothing():
    road = Road([(50, 2), (90, 2), (70, 2)])
    road.vehicles[2].present = False
    road.batch.env["on_road"] = sort_along_road(road.vehicles, road.batch.state[2][0])
    metrics = road.step(send(FRONT))
    assert metrics["receivers"][0] == 1


# --- links -------------------------------------------------------------------------------------


def test_two_signals_on_one_face_are_lost_and_on_two_faces_are_not():
    one_face = [(40, 2), (40, 3), (80, 2)]
    found = Road(one_face).step(send(FRONT), send(FRONT))
    assert found["collisions"].tolist()[:2] == [1, 1]
    assert found["receivers"].tolist()[:2] == [0, 0]
    free = Road(one_face, collisions=False).step(send(FRONT), send(FRONT))
    assert free["receivers"].tolist()[:2] == [1, 1]
    two_faces = Road([(40, 2), (110, 3), (80, 2)]).step(send(FRONT), send(BACK))
    assert two_faces["collisions"].tolist()[:2] == [0, 0]


def test_three_signals_on_one_face_collide_once_each():
    found = Road([(40, 2), (40, 3), (41, 1), (80, 2)]).step(send(FRONT), send(FRONT), send(BACK))
    assert found["collisions"].tolist()[:3] == [1, 1, 1]


def power_dbm(distance_m, gains_db):
    return 12 + gains_db - 20 * math.log10(4 * math.pi * distance_m * 77e9 / 299792458)


def test_sinr_without_interference_is_the_friis_budget():
    noise_dbm = 10 * math.log10(1.380649e-23 * 290 * 400e6 * 1e3) + 10
    found = Road([(50, 2), (70, 2)]).step(send(FRONT))["sinr_db"][0]
    assert found == pytest.approx(power_dbm(20, 40) - noise_dbm, abs=1e-9)


@pytest.mark.parametrize(("place", "lobe_db"), [((40, 3), 20), ((100, 2), -10)])
def test_sinr_with_a_radar_user_in_the_main_or_the_side_lobe(place, lobe_db):
    noise_w = 1.380649e-23 * 290 * 400e6 * 10
    road = Road([(50, 2), (70, 2), place])
    distance = math.hypot(70 - place[0], 4.0 * (place[1] - 2))
    heard_w = 10 ** (0.1 * power_dbm(distance, 14 + lobe_db) - 3)
    signal_w = 10 ** (0.1 * power_dbm(20, 40) - 3)
    found = road.step(send(FRONT), NULL, RADAR)
    assert found["radar_used"].tolist()[:3] == [0, 0, 1]
    expected = 10 * math.log10(signal_w / (noise_w + heard_w))
    assert found["sinr_db"][0] == pytest.approx(expected, abs=1e-9)


def test_success_falls_to_zero_and_never_did_as_published():
    for sinr in (0.01, 0.5, 1.0, 4.0, 9.0, 20.0):
        bit = norm.cdf(math.sqrt(2 * sinr))
        for bits in (1, 1000):
            assert packet_success(bits, sinr) == pytest.approx(bit**bits, rel=1e-9)
    assert packet_success(1000, 1e-6) < 1e-250
    assert packet_success(1, 1e-12) == pytest.approx(0.5, abs=1e-5)
    assert packet_success(1000, 1e9) == 1.0


def test_interference_loses_packets_and_their_reward():
    places = [(10, 2), (40, 2), (35, 3)]  # the radar user stands beside the receiver
    clear, jammed = (Road(places, half_width_deg=5.0).step(send(FRONT), NULL, mode)
                     for mode in (NULL, RADAR))  # fmt: skip
    assert clear["receivers"][0] == jammed["receivers"][0] == 1
    assert jammed["sinr_db"][0] < clear["sinr_db"][0] - 15
    assert jammed["r_comm"][0] == jammed["useful_cells"][0] == 0.0


# --- rewards and maps --------------------------------------------------------------------------


def test_reward_of_one_packet_by_hand():
    """Fresh front cells at columns 4 and 5 fall on columns 2 and 3 of a receiver two cells ahead.

    Of these only column 2 matters (the cell behind the receiver); its usefulness is 8 - 1.
    """
    road = Road([(45, 2), (60, 2)])
    found = road.step(send(FRONT, FRONT))
    assert found["r_comm"][0] == 7.0
    assert found["r_rad"][0] == pytest.approx(math.exp(0.75))
    assert road.frame.objectives[0, 0].tolist() == [found["r_comm"][0], -found["r_rad"][0]]
    assert found["r_rad"][1] == pytest.approx(math.exp(0.75))
    road = Road([(45, 3), (60, 3)])
    assert road.step(RADAR)["r_rad"].tolist()[:2] == pytest.approx([0.0, math.exp(1.125)])


def test_one_sector_at_a_time():
    for data, value in ((FRONT, 7.0), (LEFT, 0.0), (BACK, 0.0), (RIGHT, 0.0)):
        assert Road([(45, 2), (60, 2)]).step(send(FRONT, data))["r_comm"][0] == value


def test_what_arrives_is_there_one_step_later():
    road = Road([(45, 2), (60, 2)])
    before = road.ages[1].reshape(5, 7).copy()
    assert before[2].tolist() == [0, 0, 1, 0, 1, 1, 0]
    road.step(send(FRONT, FRONT))
    after, labels = road.ages[1].reshape(5, 7), road.labels[1].reshape(5, 7)
    # own 0,0,1,0,1,1,0 and received 0,0,1,1,0,0,0 move by one cell and age; sensors write 1
    assert after[2].tolist() == [0, 2, 1, 2, 1, 1, 0]
    assert labels[2].tolist() == [0, 3, 3, 1, 1, 1, 0]
    assert after[:, 3].tolist() == [1, 1, 2, 1, 1]


def test_data_is_forgotten_after_age_max():
    road = Road([(7.6, 2)], road_m=1000.0)
    for _ in range(12):
        road.step(NULL)
    ages = road.ages[0].reshape(5, 7)
    assert ages[0].tolist() == [4, 3, 2, 1, 0, 0, 0]
    assert ages.max() <= 8
    still = Road([(7.6, 2)], road_m=1000.0, cell_m=100.0)
    still.ages[0, 0], still.labels[0, 0] = 1, 2
    seen = []
    for _ in range(9):
        still.step(NULL)
        seen.append(int(still.ages[0, 0]))
    assert seen == [2, 3, 4, 5, 6, 7, 8, 0, 0]


def test_maps_move_with_the_road_grid():
    """At 22.5 m/s a vehicle passes one and a half cells a step: one and two by turns."""
    road = Road([(0.0, 3)])
    road.step(NULL)
    first = road.ages[0].reshape(5, 7)[0].tolist()
    road.step(NULL)
    second = road.ages[0].reshape(5, 7)[0].tolist()
    assert first == [0, 0, 2, 1, 0, 0, 0]
    assert second == [3, 2, 0, 1, 0, 0, 0]


def test_a_road_turned_by_half_a_turn_earns_the_same():
    random = np.random.default_rng(3)
    for _ in range(30):
        places = [(7.5 * c + 2.0 + random.random(), int(random.integers(4)))
                  for c in random.permutation(20)[:8]]  # fmt: skip
        turned = [(150.0 - x, 3 - lane) for x, lane in places]
        actions = random.integers(0, 18, 8)
        roads = [Road(p, shadows="near_edge") for p in (places, turned)]
        found = [road.step(*actions) for road in roads]
        for name in ("r_comm", "r_rad", "receivers", "collisions", "useful_cells", "known_cells"):
            assert found[0][name].tolist() == found[1][name].tolist(), name
        np.testing.assert_allclose(found[0]["sinr_db"], found[1]["sinr_db"], atol=1e-9)


# --- the published model against dense arrays ----------------------------------------------------


@pytest.mark.parametrize("name", [ID, SINGLE])
def test_published_steps_agree_with_the_dense_model(name):
    single = name == SINGLE
    model = scenarios.build(name, "lee2022", {})
    batch, frame = Batch(model, 6), StepBuffers.allocate(model, 6)
    batch.reset(frame, range(6))
    random = np.random.default_rng(1)
    for _ in range(60):
        before = batch.snapshot()
        actions = batch.actions()
        actions[...] = random.integers(0, 18, actions.shape)
        batch.step(actions, frame)
        vehicles, labels, ages = batch.state[1], batch.state[4], batch.state[5]
        for i in range(6):
            here = np.flatnonzero(before[1][i]["present"])
            old = before[1][i][here]
            position = np.stack((old["x_m"], old["y_m"]), -1)
            maps = [before[k][i][here].reshape(-1, 5, 7).astype(int) for k in (4, 5)]
            chosen = vehicles[i]["action"][here]
            r_comm, r_rad, arrived = transmit(position, old["velocity_m_s"], *maps, chosen, single)
            agents = here[here < len(model.agents)]
            np.testing.assert_allclose(
                frame.objectives[i, agents],
                np.stack((r_comm, -r_rad), -1)[: len(agents)], rtol=1e-9, atol=1e-9,
            )  # fmt: skip
            for row, k in enumerate(here):
                moved = position[row, 0] + 0.5 * old["velocity_m_s"][row]
                if vehicles[i, k].present and vehicles[i, k].x_m == moved:
                    expected = next_map(
                        maps[0][row], maps[1][row], arrived[row], old["velocity_m_s"][row]
                    )
                    assert (labels[i, k].reshape(5, 7) == expected[0]).all()
                    assert (ages[i, k].reshape(5, 7) == expected[1]).all()


def test_the_genie_earns_the_most_of_a_step():
    road = Road([(40, 2), (55, 2), (62, 1)], name=SINGLE, weights=(1.0, 1.0))
    chosen = road.model.baselines["one_step_genie"](road.batch).act()[0]
    saved, rewards = road.batch.snapshot(), []
    for action in range(18):
        road.step(action)
        rewards.append(road.frame.objectives[0, 0].sum())
        road.batch.restore(saved)
    assert rewards[chosen] == max(rewards) > 0.0
