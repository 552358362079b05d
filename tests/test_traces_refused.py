"""Bad traces: each is refused by the name of its file and its line, in bounded memory and time."""

import gzip
import os
import random
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from trace_files import FCD_HEAD, Row, fcd_table, fcd_xml, plain, read, straight

from isac_envs.errors import IsacError, TraceError
from isac_envs.files import LARGEST_FILE, hash_file
from isac_envs.traces import rows as limits
from isac_envs.traces.reading import read_traffic
from isac_envs.traces.source import LONGEST_LINE, chunks

XML_HEAD = '<fcd-export>\n<timestep time="0.00">\n'
CAR = '<vehicle id="a" x="1.00" y="1.00" angle="0.00"/>\n'
PLAIN = "id,t,x,y\n"


def xml(*steps: str) -> str:
    """Return floating-car data with these elements in the steps of 0 s, 1 s, ..."""
    parts = (f'<timestep time="{k}.00">\n{each}</timestep>\n' for k, each in enumerate(steps))
    return "<fcd-export>\n" + "".join(parts) + "</fcd-export>\n"


WRONG = {
    "no column": ("id,t,x\n0,0,1\n", 1, "column 'y' is missing"),
    "column twice": ("id,t,x,y,x\n0,0,1,1,1\n", 1, "column 'x' is there twice"),
    "no column of SUMO": (FCD_HEAD.replace("vehicle_x", "x") + "0;a;1;1;0;c;l\n", 1, "'vehicle_x'"),
    "no header": ("a,0,1,1\na,1,1,1\n", 1, "column 't' is missing"),
    "another table": ("time,node,lat,lon\n0,1,48.1,11.5\n", 1, "is missing"),
    "not a number": (f"{PLAIN}0,0,1,1\n0,1,1,far\n", 3, "column 'y': 'far' is not a number"),
    "a quoted line": (f'{PLAIN}"a\nb",0,1,1\n0,zero,1,1\n', 4, "column 't': 'zero'"),
    "time not finite": (f"{PLAIN}0,nan,1,1\n", 2, "column 't': 'nan'"),
    "place not finite": (f"{PLAIN}0,0,-inf,1\n", 2, "x: -inf, valid: -1e+06..1e+06 m"),
    "too far": (f"{PLAIN}0,0,1,5.3e6\n", 2, "UTM"),
    "short row": (f"{PLAIN}0,0,1\n", 2, "3 values in 4 columns"),
    "long row": (f"{PLAIN}0,0,1,1,9\n", 2, "5 values in 4 columns"),
    "no label": (f"{PLAIN} ,0,1,1\n", 2, "name of a vehicle is empty"),
    "long label": (f"{PLAIN}{'v' * 257},0,1,1\n", 2, "257 characters"),
    "time twice": (f"{PLAIN}a,0,1,1\na,0.0,2,1\n", 3, "'a' has two rows for t = 0 s"),
    "time backward": (f"{PLAIN}a,1,1,1\nb,0,2,1\na,0.5,2,1\n", 4, "time runs backward"),
    "centimetres": (f"{PLAIN}a,0,0,0\na,1,1390,0\n", 3, "are the units m and s"),
    "milliseconds": (f"{PLAIN}a,0,0,0\na,1000,14,0\n", None, "at most 10 s apart"),
    "open quote": (f'{PLAIN}0,0,1,"1\n', 2, "unexpected end of data"),
    "blank lines": (f"{PLAIN}a,0,1,1\n" + "\n" * 500, 103, "0 values in 4 columns"),
    "no rows": (PLAIN, None, "holds no vehicles"),
    "empty": ("", 1, "is missing"),
    "one row": (f"{PLAIN}a,0,1,1\n", None, "no vehicle has two rows"),
    "latin-1": (f"{PLAIN}a,0,1,1\nStraße,0,1,1\n".encode("latin-1"), 3, "not in UTF-8"),
    "UTF-16": (f"{PLAIN}0,0,1,1\n".encode("utf-16"), 1, "UTF-8"),
    "cut in a letter": (f"{PLAIN}é,0,1,1\né".encode()[:-1], 3, "not in UTF-8"),
    "zeros": (b"\0" * 64, 1, "is missing"),
    "table backward": (f"{FCD_HEAD}1;a;1;1;0;c;l\n0;b;1;1;0;c;l\n", 3, "time runs backward"),
    "table angle": (f"{FCD_HEAD}1;a;1;1;900;c;l\n", 2, "column 'vehicle_angle': '900'"),
    "table name": (f"{FCD_HEAD}1;;1;1;0;c;l\n", 2, "name of a vehicle is empty"),
    "xml place": (xml(CAR, CAR.replace("1.00", "1,00")), 6, "attribute 'x': '1,00'"),
    "xml nan": (xml(CAR.replace('y="1.00"', 'y="nan"')), 3, "y: nan"),
    "xml no id": (xml(CAR.replace("id=", "name=")), 3, "attribute 'id'"),
    "xml no place": (xml(CAR.replace("x=", "u=")), 3, "attribute 'x': there is no value"),
    "xml angle": (xml(CAR.replace("0.00", "inf")), 3, "attribute 'angle': 'inf'"),
    "xml twice": (xml(CAR + CAR), 4, "two rows for t = 0 s"),
    "xml backward": (xml(CAR).replace("</fcd", '<timestep time="-1"/></fcd'), 5, "backward"),
    "xml step twice": (xml(CAR).replace("</fcd", '<timestep time="0"/></fcd'), 5, "comes twice"),
    "xml clock": (xml(CAR).replace("0.00", "07:00:00", 1), 2, "'07:00:00' is not a number"),
    "xml no time": (xml(CAR).replace('time="0.00"', ""), 2, "attribute 'time'"),
    "xml cut": (xml(CAR, CAR)[:-20], 7, "not well-formed XML"),
    "xml cut in a tag": (f"{XML_HEAD}<vehicle id=", 3, "not well-formed XML"),
    "xml of another kind": ("<routes>\n<vehicle/></routes>", 1, "begins with <fcd-export>"),
    "xml unknown": (xml("<tram/>\n"), 3, "<tram> does not belong here"),
    "xml car outside": (f"<fcd-export>\n{CAR}</fcd-export>", 2, "<vehicle> does not belong"),
    "xml deep": (xml("<person>" * 50), 3, "8 deep"),
    "xml latin-1": (xml(CAR).replace('"a"', '"ü"').encode("latin-1"), 3, "not well-formed"),
    "xml twice in one": (xml(CAR) * 2, 6, "junk after document"),
    "document type": (f"<!DOCTYPE fcd-export>\n{xml(CAR)}", 1, "are not read"),
    "entities": (f'<!DOCTYPE x [<!ENTITY a "b">]>\n{xml(CAR)}', 1, "are not read"),
    "another document": (f'<!DOCTYPE x SYSTEM "file:///etc/passwd">\n{xml(CAR)}', 1, "not read"),
    "an entity": (xml(CAR.replace('"a"', '"&b;"')), 3, "undefined entity"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_refused_by_its_line(tmp_path: Path, what: str) -> None:
    content, line, expected = WRONG[what]
    with pytest.raises(TraceError) as caught:
        read(tmp_path / "wrong", content)
    message = str(caught.value)
    place = f"{tmp_path / 'wrong'}{f', line {line}: ' if line else ': '}"
    assert message.startswith(place), message
    assert expected in message


@pytest.mark.parametrize("form", [fcd_xml, fcd_table, plain])
def test_degrees_are_refused(tmp_path: Path, form: Callable[..., str]) -> None:
    """What SUMO writes with ``--fcd-output.geo``: 14 m are an eight-thousandth of a degree."""
    degrees = [Row(r.t, r.label, 13.0 + 1e-5 * r.x, 52.0 + 1e-5 * r.y) for r in straight()]
    with pytest.raises(TraceError, match="longitude and latitude"):
        read(tmp_path / "a", form(degrees))


def test_what_stands_near_the_origin_is_not_taken_for_degrees(tmp_path: Path) -> None:
    still = [Row(t, "a", 5.0, 5.0) for t in (0.0, 1.0)]
    assert len(read(tmp_path / "a", plain(still)).drives) == 1
    slow = [Row(float(t), "a", 5.0 + 0.2 * t, 5.0) for t in range(3)]
    assert len(read(tmp_path / "a", plain(slow)).drives) == 1


def refused(path: Path | str, expected: str) -> None:
    with pytest.raises(TraceError, match=expected) as caught:
        read_traffic(str(path), 1.0, 5.0)
    assert str(path)[:100] in str(caught.value)


def test_links_devices_and_folders_are_refused(tmp_path: Path) -> None:
    read(tmp_path / "real", plain(straight()))
    (tmp_path / "link").symlink_to(tmp_path / "real")
    refused(tmp_path / "link", "is a link")
    assert hash_file(tmp_path / "link", 1000) == hash_file(tmp_path / "real", 1000)
    os.mkfifo(tmp_path / "pipe")  # nobody writes: must not wait
    refused(tmp_path / "pipe", "not a plain file")
    refused("/dev/zero", "not a plain file")
    refused(tmp_path, "not a plain file")
    refused(tmp_path / "none", "No such file")
    refused("a\0b", "null")
    refused("x" * 5000, "too long")


def test_a_file_of_ten_gigabytes_is_refused_at_once(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10**10)
    refused(tmp_path / "sparse", "larger than the limit of 2 GiB")
    with pytest.raises(IsacError, match="limit"):
        hash_file(tmp_path / "sparse", LARGEST_FILE)


def test_the_limit_is_of_unpacked_bytes_as_well(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(b" " * 1_000_000))
    assert path.stat().st_size < 2000
    with pytest.raises(TraceError, match=r"more than the limit of 97\.66 KiB"):
        list(chunks(str(path), 100_000))


def damaged(content: bytes) -> dict[str, bytes]:
    packed = gzip.compress(content)
    return {
        "cut": packed[:-9],
        "checksum": packed[:-8] + bytes(8),
        "rubbish behind": packed + b"rubbish",
        "head alone": packed[:10],
        "rubbish": b"\x1f\x8b" + bytes(100),
    }


@pytest.mark.parametrize("what", ["cut", "checksum", "rubbish behind", "head alone", "rubbish"])
def test_damaged_gzip_is_refused(tmp_path: Path, what: str) -> None:
    (tmp_path / "a.gz").write_bytes(damaged(fcd_xml(straight()).encode())[what])
    refused(tmp_path / "a.gz", "gzip data")


ENDLESS: dict[str, tuple[str, str, int]] = {
    "a line": (PLAIN, "x", 10**8),
    "a first line": ("", "x", 10**8),
    "a quoted value": (f'{PLAIN}"', "x\n", 5 * 10**7),
    "spaces": ("", " ", 10**8),
    "a tag": (f"{XML_HEAD}<vehicle ", "x", 10**8),
    "an attribute": (f'{XML_HEAD}<vehicle id="', "x", 10**8),
    "a comment": ("<fcd-export><!--", "x", 10**8),
    "persons inside each other": (XML_HEAD, "<person>", 10**7),
    "elements": ("<fcd-export>", "<!-- -->", 10**7),
}
"""What a file begins with, and what it repeats."""


@pytest.mark.parametrize("what", ENDLESS)
def test_what_is_endless_is_refused_in_little_memory(tmp_path: Path, what: str) -> None:
    head, part, count = ENDLESS[what]
    with gzip.open(tmp_path / "a.gz", "wb", 1) as file:
        file.write(head.encode())
        for _ in range(100):
            file.write(part.encode() * (count // 100))
    tracemalloc.start()
    try:
        refused(tmp_path / "a.gz", "line|limit")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4e6


def test_names_of_attributes_have_a_limit(tmp_path: Path) -> None:
    many = "".join(f'<person a{k}=""/>\n' for k in range(10**5))
    with pytest.raises(TraceError, match="more than 256 names"):
        read(tmp_path / "a", XML_HEAD + many)


def test_rows_and_vehicles_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ROWS", 14)
    for form in (fcd_xml, fcd_table, plain):
        with pytest.raises(TraceError, match="more than 14 rows"):
            read(tmp_path / "a", form(straight()))
    monkeypatch.setattr(limits, "MOST_VEHICLES", 2)
    with pytest.raises(TraceError, match="line 4: more than 2 vehicles"):
        read(tmp_path / "a", plain(straight()))


def test_a_year_between_two_rows_is_refused(tmp_path: Path) -> None:
    rows = [Row(t, "a", 0.0, 0.0) for t in (0.0, 1.0, 1e11, 1e11 + 1)]
    with pytest.raises(TraceError, match="slots"):
        read(tmp_path / "a", plain(rows))


def mutated(content: bytes, choice: random.Random) -> bytes:
    """Return a content with a change or several."""
    data = bytearray(content)
    for _ in range(choice.choice((1, 1, 1, 4))):
        at = choice.randrange(len(data) + 1)
        length = choice.choice((1, 1, 2, 8, 100))
        kind = choice.randrange(6)
        if kind == 0:
            del data[at : at + length]
        elif kind == 1:
            data[at:at] = choice.randbytes(length)
        elif kind == 2:
            data[at:at] = data[(other := choice.randrange(len(data) + 1)) : other + length]
        elif kind == 3:
            data[at : at + 1] = bytes([choice.randrange(256)])
        elif kind == 4:
            data[at:at] = choice.choice(TOKENS)
        else:
            del data[at:]
        data = data or bytearray(b"0")
    return bytes(data)


TOKENS = (
    *(b"nan", b"inf", b"-", b"1e400", b"9" * 400, b"\0", b'"', b"'", b";", b",", b"\n", b"\r"),
    *(b"<", b">", b"</timestep>", b"<vehicle>", b"&amp;", b"&x;", b"<!DOCTYPE a>", b"]]>", b"--"),
    *(b"<![CDATA[", b"<?x?>", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\x1f\x8b", b"1_0"),
)


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    """Whatever a file holds: finite places, or one kind of error that names it."""
    choice, outcomes, path = random.Random(1), Counter[str](), tmp_path / "a"
    rows = straight(2, 4)
    contents = [form(rows).encode() for form in (fcd_xml, fcd_table, plain)]
    for k in range(3000):
        content = contents[k % len(contents)]
        packed = choice.random()
        if packed < 0.1:  # damaged after it was packed, or before
            content = mutated(gzip.compress(content, mtime=0), choice)
        else:
            content = mutated(content, choice)
            content = gzip.compress(content, 1) if packed < 0.3 else content
        path.write_bytes(content)
        try:
            traffic = read_traffic(str(path), 1.0, 5.0)
        except TraceError as error:
            assert str(error).startswith(str(path))
            assert len(str(error)) < 1000
            outcomes["refused"] += 1
        else:
            assert all(abs(each.places).max() < 2e6 for each in traffic.drives)
            outcomes["read"] += 1
    assert min(outcomes["refused"], outcomes["read"]) > 300, outcomes


def test_the_longest_line_is_stated() -> None:
    assert LONGEST_LINE == 65536
