"""Traces of mobility: forms, frames, clocks, resampling, and what comes of gaps."""

import gzip
import importlib.util
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_imports import ROOT
from trace_files import FCD_HEAD, Row, fcd_table, fcd_xml, plain, read, straight

from isac_envs.errors import TraceError
from isac_envs.traces.reading import LONGEST_GAP_S, read_rows
from isac_envs.traces.scenes import (
    ACROSS,
    ALONG,
    BACKWARD,
    PRESENT,
    Road,
    X,
    Y,
    passes_of,
    scenes_of,
    seats_of,
)

FORMS = {"fcd.xml": fcd_xml, "fcd.csv": fcd_table, "plain.csv": plain}
SHIPPED = ROOT / "scenarios" / "traces"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_places(tmp_path: Path, form: str, packed: bool) -> None:
    text = FORMS[form](straight())
    content = gzip.compress(text.encode()) if packed else text.encode()
    traffic = read(tmp_path / f"{form}{'.gz' if packed else ''}", content)
    assert traffic.slots == 5
    assert [each.label for each in traffic.drives] == ["v0", "v1", "v2"]
    for k, drive in enumerate(traffic.drives):
        assert drive.first == 0
        assert drive.places[:, 0] == pytest.approx(100.0 + (10.0 + k) * np.arange(5))
        assert drive.places[:, 1] == pytest.approx([4.0 * k] * 5)


def test_the_form_is_told_by_the_content_not_by_the_name(tmp_path: Path) -> None:
    for text in (fcd_xml(straight()), fcd_table(straight()), plain(straight())):
        assert len(read(tmp_path / "a.txt", text).drives) == 3
    packed = gzip.compress(fcd_table(straight()).encode()) + gzip.compress(b"5.0;v0;150;0;90;c;a\n")
    assert read(tmp_path / "two_members.xml", packed).slots == 6


@pytest.mark.parametrize(
    ("angle", "east", "north"), [(0.0, 0, 1), (90.0, 1, 0), (180.0, 0, -1), (270.0, -1, 0)]
)
def test_the_centre_is_half_a_length_behind_the_bumper(
    tmp_path: Path, angle: float, east: float, north: float
) -> None:
    """Angles count clockwise from north: 0 is +y, 90 is +x."""
    rows = [Row(t, "a", 10.0, 20.0, angle) for t in (0.0, 1.0)]
    for form in (fcd_xml, fcd_table):
        (drive,) = read(tmp_path / "a", form(rows), length_m=5.0).drives
        assert drive.places[0] == pytest.approx((10.0 - 2.5 * east, 20.0 - 2.5 * north))
    (drive,) = read(tmp_path / "a", plain(rows), length_m=5.0).drives  # states centres
    assert drive.places[0] == pytest.approx((10.0, 20.0))
    no_angle = fcd_xml(rows).replace(f'angle="{angle!r}"', "")
    assert read(tmp_path / "a", no_angle, length_m=5.0).drives[0].places[0][0] == 10.0


@settings(deadline=None, max_examples=20)
@given(start=st.sampled_from([0.0, -30.0, 25200.0, 1.7e9]), form=st.sampled_from(sorted(FORMS)))
def test_a_trace_may_start_late(
    tmp_path_factory: pytest.TempPathFactory, start: float, form: str
) -> None:
    traffic = read(tmp_path_factory.mktemp("t") / form, FORMS[form](straight(start=start)))
    assert traffic.slots == 5
    assert [each.first for each in traffic.drives] == [0, 0, 0]
    assert traffic.drives[0].places[:, 0] == pytest.approx(100.0 + 10.0 * np.arange(5))


def test_places_between_rows_lie_on_straight_lines(tmp_path: Path) -> None:
    rows = [Row(0.0, "a", 0.0, 0.0), Row(2.0, "a", 10.0, 4.0), Row(3.0, "a", 10.0, 0.0)]
    (drive,) = read(tmp_path / "a", plain(rows), slot_s=0.5).drives
    assert drive.places[:, 0] == pytest.approx([0, 2.5, 5, 7.5, 10, 10, 10])
    assert drive.places[:, 1] == pytest.approx([0, 1, 2, 3, 4, 2, 0])
    late = [Row(0.0, "a", 0.0, 0.0), Row(1.0, "a", 1.0, 0.0), Row(0.75, "b", 0, 0),
            Row(2.75, "b", 8.0, 0.0)]  # fmt: skip
    drive = read(tmp_path / "a", plain(late)).drives[1]
    assert (drive.first, drive.end) == (1, 3)  # whole seconds between 0.75 s and 2.75 s
    assert drive.places[:, 0] == pytest.approx([1.0, 5.0])


def test_steps_of_a_tenth_meet_the_slots(tmp_path: Path) -> None:
    rows = [Row(0.1 * k, "a", 1.0 * k, 0.0) for k in range(31)]  # 0.30000000000000004 and the like
    (drive,) = read(tmp_path / "a", fcd_xml(rows), slot_s=0.1).drives
    assert drive.places[:, 0] == pytest.approx(np.arange(31.0))


def test_a_long_gap_ends_a_drive(tmp_path: Path) -> None:
    """SUMO teleports vehicles that are stuck: meanwhile they are nowhere."""
    bridged, away = 2.0 + LONGEST_GAP_S, 3.0 + 2 * LONGEST_GAP_S
    times = (0.0, 1.0, 2.0, bridged, away, away + 1.0)
    traffic = read(tmp_path / "a", fcd_xml([Row(t, "a", t, 0.0) for t in times]))
    assert [(each.first, each.end) for each in traffic.drives] == [(0, 13), (23, 25)]
    assert traffic.drives[0].places[:, 0] == pytest.approx(np.arange(13.0))
    with pytest.raises(TraceError, match="two rows at most 10 s apart"):
        read(tmp_path / "a", plain([Row(30.0 * k, "a", 30.0 * k, 0.0) for k in range(9)]))


def test_names_are_labels(tmp_path: Path) -> None:
    names = ["0.1", "0.10", "1", "01", "veh0", "VEH0", "Straße 1", "東京"]
    rows = [Row(t, name, 0.0, 0.0) for t in (0.0, 1.0) for name in names]
    for form in FORMS.values():
        assert [each.label for each in read(tmp_path / "a", form(rows)).drives] == names
    quoted = 'id,t,x,y\n"a,b",0,0,0\n"a,b",1,0,0\n"c\nd",0,0,0\n"c\nd",1,0,0\n'
    assert [each.label for each in read(tmp_path / "a", quoted).drives] == ["a,b", "c\nd"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_mark_and_line_ends_make_no_difference(tmp_path: Path, mark: bytes, end: bytes) -> None:
    for form in FORMS.values():
        content = mark + form(straight()).encode().replace(b"\n", end)
        assert len(read(tmp_path / "a", content).drives) == 3


def test_persons_are_no_vehicles(tmp_path: Path) -> None:
    person = '<person id="p" x="1" y="1" angle="0" speed="1" pos="1" edge="e" slope="0"/>\n'
    container = person.replace("person", "container")
    traffic = read(tmp_path / "a", fcd_xml(straight(), person + container))
    assert [each.label for each in traffic.drives] == ["v0", "v1", "v2"]
    rides = fcd_xml(straight()).replace(' slope="0.00"/>', f">{person}</vehicle>")
    assert len(read(tmp_path / "a", rides).drives) == 3
    head = FCD_HEAD.replace("vehicle_lane", "vehicle_lane;vehicle_edge")
    table = f"{head}0;a;1;1;0;car;e_0;\n0;p;1;1;0;ped;;e\n1;a;2;1;0;car;e_0;\n1;p;1;1;0;ped;;e\n"
    assert [each.label for each in read(tmp_path / "a", table).drives] == ["a"]
    head = FCD_HEAD.replace("\n", ";person_id\n")
    table = f"{head}0;a;1;1;0;car;l;\n0;;;;;;;p\n1;a;2;1;0;car;l;\n2;;;;;;;\n"
    assert [each.label for each in read(tmp_path / "a", table).drives] == ["a"]


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    text = "y,speed, t ,x,id\n7,1,0,5,a\n7,1,1,6,a\n"
    assert read(tmp_path / "a", text).drives[0].places[1] == pytest.approx((6.0, 7.0))
    text = "vehicle,t,x,y\na,0,5,7\na,1,6,7\n"
    assert read(tmp_path / "a", text).drives[0].label == "a"
    commas = fcd_table(straight()).replace(";", ",")
    assert len(read(tmp_path / "a", commas).drives) == 3


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert len(read(path, plain(straight(2))).drives) == 2
    assert len(read(path, plain(straight(3))).drives) == 3


def test_rows_take_few_bytes(tmp_path: Path) -> None:
    text = fcd_xml(straight(count=20, seconds=2000))
    path = tmp_path / "a.xml.gz"
    path.write_bytes(gzip.compress(text.encode(), 1))
    tracemalloc.start()
    try:
        rows = read_rows(str(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows.count == 40_000
    assert peak < 2e6  # 20 bytes a row, room to grow, buffers; the text has 5 MB


def test_a_scene_holds_those_that_get_furthest(tmp_path: Path) -> None:
    traffic = read(tmp_path / "a", plain(straight(count=4, seconds=21)))
    (scene,) = scenes_of(traffic, 2, 30)  # a short trace is one scene, and ends with a halt
    assert scene[0, :, 0] == pytest.approx(100.0 + 13.0 * np.minimum(np.arange(30), 20))
    assert scene[1, 20:, 0] == pytest.approx([100.0 + 12.0 * 20] * 10)
    scenes = scenes_of(traffic, 4, 10)
    assert scenes.shape == (12, 4, 10, 2)  # one from each second
    assert scenes[:, 3, 0, 0] == pytest.approx(100.0 + 10.0 * np.arange(12))
    with pytest.raises(TraceError, match=r"4 vehicles within 10 s, valid: >= vehicles = 5"):
        scenes_of(traffic, 5, 10)


def test_a_later_vehicle_waits_where_it_begins(tmp_path: Path) -> None:
    rows = [Row(100.0, "a", 0, 0), Row(110.0, "a", 50.0, 0), Row(105.0, "b", 7, 7),
            Row(110.0, "b", 7.0, 17.0)]  # fmt: skip
    (scene,) = scenes_of(read(tmp_path / "a", plain(rows)), 2, 300)
    assert scene[0, :, 0] == pytest.approx(np.minimum(5.0 * np.arange(300), 50.0))
    assert scene[1, :7, 1] == pytest.approx([7, 7, 7, 7, 7, 7, 9])


def test_seats_are_taken_and_given_back(tmp_path: Path) -> None:
    rows = [Row(float(t), "a", 10.0 * t - 15.0, 2.0) for t in range(6)]  # on the road from 2 to 4 s
    rows += [Row(float(t), "b", 35.0 - 10.0 * (t - 2), -2.0) for t in range(2, 6)]  # until 5 s
    rows += [Row(float(t), "c", 1.0 + t, 2.0) for t in range(6, 9)]
    rows += [Row(float(t), "d", 5.0, 99.0) for t in range(9)]  # beside the road
    seats = seats_of(read(tmp_path / "a", plain(rows)), 2, Road(30.0, 8.0))
    assert seats[:, 0, PRESENT].tolist() == [0, 0, 1, 1, 1, 0, 1, 1, 1]
    assert seats[:, 1, PRESENT].tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert seats[2:5, 0, X] == pytest.approx([5, 15, 25])
    assert seats[3, 1, [X, Y, ALONG, ACROSS]] == pytest.approx([25, -2, -10, 0])
    assert (seats[2, 0, BACKWARD], seats[3, 1, BACKWARD]) == (0, 1)
    alone = seats_of(read(tmp_path / "a", plain(rows)), 1, Road(30.0, 8.0))
    assert alone[:, 0, PRESENT].tolist() == [0, 0, 1, 1, 1, 0, 1, 1, 1]  # b found no seat
    with pytest.raises(TraceError, match=r"no vehicle is where 0 <= x <= road_m = 0\.5"):
        seats_of(read(tmp_path / "a", plain(rows)), 2, Road(0.5, 1.0))


def test_a_pass_shows_who_is_nearest(tmp_path: Path) -> None:
    rows = [Row(float(t), f"v{k}", 10.0 * t + 30.0 * k, 4.0 * k) for t in range(9) for k in (0, 1)]
    rows += [Row(float(t), "late", 20.0, 0.0) for t in (7, 8)]
    traffic = read(tmp_path / "a", plain(rows))
    passes = passes_of(traffic, 1, 5, (52.0, 0.0))
    assert passes.shape == (5, 1, 5, 4)  # one from each second in which five slots begin
    nearest = [1, 1, 0, 0, 0]  # in the middle v0 is at 20 + 10 k m, v1 30 m ahead of it
    for k, label in enumerate(nearest):
        x = 10.0 * np.arange(k, k + 5) + 30.0 * label
        assert passes[k, 0, :, 0] == pytest.approx(x), k
        assert passes[k, 0, :, 1] == pytest.approx([4.0 * label] * 5)
        assert passes[k, 0, :, 2] == pytest.approx([10.0] * 5)
    assert passes_of(traffic, 2, 9, (0.0, 0.0))[0, :, 0, 0] == pytest.approx([0.0, 30.0])
    with pytest.raises(TraceError, match="never has vehicles = 3 for 5 slots"):
        passes_of(traffic, 3, 5, (0.0, 0.0))
    with pytest.raises(TraceError, match="never has vehicles = 1 for 10 slots"):
        passes_of(traffic, 1, 10, (0.0, 0.0))


def test_a_standing_vehicle_keeps_its_heading(tmp_path: Path) -> None:
    xs = (5.0, 5.0, 3.0, 1.0, 1.0, 1.0)
    rows = [Row(float(t), "a", x, 0.0) for t, x in enumerate(xs)]
    seats = seats_of(read(tmp_path / "a", plain(rows)), 1, Road(30.0, 8.0))
    assert seats[:, 0, BACKWARD].tolist() == [1] * 6


@pytest.mark.parametrize("name", ["sumo_grid", "sumo_highway"])
def test_shipped_traces_are_small_and_recorded(name: str) -> None:
    path = SHIPPED / f"{name}.fcd.xml.gz"
    assert path.stat().st_size < 300_000
    record = (SHIPPED / "README.md").read_text()
    assert name in record
    assert "1.28.0" in record
    rows = read_rows(str(path))
    assert min(track.t_s[0] for track in rows.tracks.values()) == 60.0  # after the streets filled


@pytest.mark.slow
def test_sumo_makes_the_shipped_traces(tmp_path: Path) -> None:
    """Runs SUMO itself, where the extra ``traces`` is installed."""
    if not (importlib.util.find_spec("sumo") or shutil.which("sumo")):
        pytest.skip("SUMO is not installed")
    subprocess.run([sys.executable, SHIPPED / "make_traces.py", tmp_path], check=True)
    for made in tmp_path.iterdir():
        ours, shipped = made.read_bytes(), (SHIPPED / made.name).read_bytes()
        assert gzip.decompress(ours) == gzip.decompress(shipped), made.name
