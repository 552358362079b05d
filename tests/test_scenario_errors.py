"""What is wrong in a scenario file or an override is named, with its place and the nearest name."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from harness import bind

from isac_envs import scenarios
from isac_envs.errors import ScenarioError, UnknownNameError

ENVIRONMENT = "isac/ModeSelect-v0"
HEAD = f'environment = "{ENVIRONMENT}"\nname = "mine"\nsummary = "One."\nsource = "None."\n'


def validate(tmp_path: Path, content: str | bytes) -> str:
    """Return the complaint about a file, which must hold its path."""
    path = tmp_path / "mine.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises((ScenarioError, UnknownNameError)) as caught:
        scenarios.validate(path)
    message = str(caught.value)
    assert str(path) in message
    with pytest.raises(type(caught.value)):
        gymnasium.make(ENVIRONMENT, scenario=str(path))
    return message


FILES = {
    "unknown parameter": ("[parameters]\nevent_fats = 0.5", ["'event_fats'", "'event_fast'"]),
    "unknown field": ("sumary = 'x'", ["'sumary'", "'summary'"]),
    "unknown table": ("[parameter]\nhorizon = 1", ["'parameter'", "'parameters'"]),
    "string for a number": ("[parameters]\nhorizon = '7'", ["horizon", "'7'"]),
    "string for a real": ("[parameters]\nevent_fast = '0.5'", ["event_fast", "'0.5'"]),
    "bool for a number": ("[parameters]\nevent_fast = true", ["event_fast", "True", "<= 1"]),
    "bool for an integer": ("[parameters]\nhorizon = true", ["horizon", "True", ">= 1"]),
    "bool in a vector": ("[parameters]\nweights = [true, 1.0, 1.0]", ["weights", "True"]),
    "string in a vector": ("[parameters]\nweights = ['1', 1.0, 1.0]", ["weights", "'1'"]),
    "number for a bool": ("[parameters]\ncredit_empty_slots = 1", ["credit_empty_slots", "1"]),
    "string for a bool": ("[parameters]\ncredit_empty_slots = 'no'", ["credit_empty", "'no'"]),
    "fraction for an integer": ("[parameters]\nhorizon = 7.5", ["horizon", "7.5", ">= 1"]),
    "above the range": ("[parameters]\nevent_fast = 1.5", ["event_fast", "1.5", "<= 1"]),
    "below the range": ("[parameters]\nevent_fast = -0.1", ["event_fast", "-0.1", ">= 0"]),
    "zero steps": ("[parameters]\nhorizon = 0", ["horizon", "0", ">= 1"]),
    "huge integer": ("[parameters]\nhorizon = 9223372036854775808", ["horizon", "9223372036854"]),
    "not a number": ("[parameters]\nevent_fast = nan", ["event_fast", "nan"]),
    "infinite": ("[parameters]\nreward_packet = inf", ["reward_packet", "inf"]),
    "unknown choice": ("[parameters]\nobservation = 'vectr'", ["observation", "'vectr'", "vector"]),
    "vector too short": ("[parameters]\nweights = [1.0]", ["weights", "3"]),
    "scalar for a vector": ("[parameters]\nweights = 1.0", ["weights", "1.0"]),
    "nan in a vector": ("[parameters]\nweights = [nan, 1.0, 1.0]", ["weights", "nan"]),
    "vector for a scalar": ("[parameters]\nhorizon = [7]", ["horizon", "[7]"]),
    "table for a scalar": ("[parameters.horizon]\nx = 1", ["horizon", "x"]),
    "parameters no table": ("parameters = 3", ["'parameters'"]),
    "agents no table": ("agents = 3", ["agents"]),
    "two errors": ("[parameters]\nhorizon = 0\nevent_fast = 2.0", ["horizon", "event_fast"]),
    "truncated": ("[parameters]\nevent_fast =", ["TOML"]),
    "truncated table": ("[parameters", ["TOML"]),
    "said twice": ("name = 'again'", ["TOML"]),
}  # fmt: skip


@pytest.mark.parametrize("what", FILES)
def test_a_bad_file_is_refused(what: str, tmp_path: Path) -> None:
    content, expected = FILES[what]
    message = validate(tmp_path, HEAD + content + "\n")
    assert not [part for part in expected if part not in message], message


@pytest.mark.parametrize("field", ["environment", "name", "summary", "source"])
def test_a_missing_or_mistyped_field_is_named(field: str, tmp_path: Path) -> None:
    lines = HEAD.splitlines()
    without = "\n".join(line for line in lines if not line.startswith(field))
    assert field in validate(tmp_path, without)
    assert field in validate(tmp_path, f"{field} = 3\n{without}")


def test_an_unknown_environment_in_a_file_is_named(tmp_path: Path) -> None:
    message = validate(tmp_path, HEAD.replace("ModeSelect", "ModeSelct"))
    assert "'isac/ModeSelect-v0'" in message


@pytest.mark.parametrize("content", [b"\x00\x01\xff\xfe", b"\xff\xfe{", bytes(range(256)), b""])
def test_a_binary_or_empty_file_is_refused(content: bytes, tmp_path: Path) -> None:
    validate(tmp_path, content)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    for path in (tmp_path / "missing.toml", folder):
        with pytest.raises(ScenarioError, match=str(path)):
            scenarios.validate(path)
        with pytest.raises(ScenarioError, match=str(path)):
            gymnasium.make(ENVIRONMENT, scenario=str(path))


OVERRIDES = {
    "horizon": [0, -1, 7.5, True, "7", None, [7], float("nan"), 2**63],
    "event_fast": [1.5, -0.1, True, "0.5", None, [0.5], float("nan"), float("inf")],
    "credit_empty_slots": [1, 0.0, "yes", None],
    "observation": ["Vector", 0, True, None],
    "weights": [1.0, (1.0,), (1.0, 1.0, "1"), (1.0, True, 1.0), (1.0, 1.0, float("inf")), None],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in OVERRIDES for value in OVERRIDES[name]]
)
def test_a_bad_override_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        gymnasium.make(ENVIRONMENT, **{name: value})
    message = str(caught.value)
    assert ENVIRONMENT in message
    assert name in message


@pytest.mark.parametrize("value", [np.float64(0.25), np.float32(0.25), 0, 1])
def test_numbers_of_numpy_and_integers_are_reals(value: Any) -> None:
    assert bind(ENVIRONMENT, event_fast=value).params.event_fast == value


@pytest.mark.parametrize("value", [np.int64(7), np.uint8(7), 7])
def test_integers_of_numpy_are_integers(value: Any) -> None:
    assert bind(ENVIRONMENT, horizon=value).params.horizon == 7


@pytest.mark.parametrize("value", [[1, 2, 3], (1.0, 2.0, 3.0), np.array([1.0, 2.0, 3.0])])
def test_vectors_of_every_kind_are_vectors(value: Any) -> None:
    assert bind(ENVIRONMENT, weights=value).params.weights == (1.0, 2.0, 3.0)


def misspellings(name: str) -> list[str]:
    """Return a name with a letter left out and with two letters exchanged, near its end."""
    swapped = name[:-3] + name[-2] + name[-3] + name[-1]
    return [each for each in (name[:-2] + name[-1], swapped) if each != name]


def test_a_misspelt_parameter_names_the_meant_one(env_id: str) -> None:
    fields = type(bind(env_id).params).model_fields
    wrong = []
    for name in fields:
        for misspelt in misspellings(name):
            if misspelt in fields:
                continue
            with pytest.raises(ScenarioError) as caught:
                bind(env_id, **{misspelt: 1})
            if f"did you mean {name!r}" not in str(caught.value):
                wrong.append(f"{misspelt}: {caught.value}")
    assert not wrong


@pytest.mark.parametrize(
    ("given", "meant"), [("cpi_ms", "cpi_s"), ("wavelength_mm", "wavelength_m")]
)
def test_a_wrong_unit_is_named(given: str, meant: str) -> None:
    with pytest.raises(ScenarioError, match=rf"{given}.*unit.*'{meant}' in {meant[-1]}\?"):
        bind("isac/FramesPerCpi-v0", **{given: 1.0})


def test_a_misspelling_is_not_called_a_wrong_unit() -> None:
    with pytest.raises(ScenarioError) as caught:
        bind(ENVIRONMENT, arrival_maen=1.0)
    assert "unknown unit" not in str(caught.value)
