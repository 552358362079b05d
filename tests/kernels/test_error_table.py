"""Every kernel with reference data is within its tolerance; the tables of the documentation."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def script() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("physics_errors")


@pytest.fixture(scope="module")
def results(script: Any) -> dict[str, list[Any]]:
    return {name: script.lines(group) for name, group in script.groups().items()}


def test_every_group_has_points(results: dict[str, list[Any]]) -> None:
    assert len(results) >= 20
    for name, found in results.items():
        assert found, name
        for each in found:
            assert each.points > 0, (name, each.quantity)


def test_no_error_exceeds_its_tolerance(results: dict[str, list[Any]]) -> None:
    failed = {
        (name, each.quantity): each.error
        for name, found in results.items()
        for each in found
        if not each.passes
    }
    assert failed == {}


def test_required_tolerances(script: Any) -> None:
    limits = {name: (each.limit, each.relative) for name, each in script.TOLERANCES.items()}
    required = {
        "path loss": (1e-9, False),
        "ns-3": (6e-3, False),
        "LOS probability": (1e-14, False),
        "gas": (5e-3, True),
        "detection": (1e-10, False),
        "bound": (1e-10, True),
        "RCS": (1e-9, False),
        "steering": (1e-13, False),
    }
    assert {name: limits[name] for name in required} == required


def test_errors_are_measured_as_stated(script: Any) -> None:
    expected = np.array([2.0, 0.0, -4.0])
    error = script.largest_error
    assert error(expected + np.array([0.0, 0.0, 1.0]), expected, False) == 1.0
    assert error(expected + np.array([0.0, 0.0, 1.0]), expected, True) == 0.25
    assert error(expected + np.array([0.0, 1e-9, 0.0]), expected, True) > 1e280
    assert np.isnan(error(np.array([1.0, np.nan]), np.ones(2), False))
    with pytest.raises(ValueError, match="shape"):
        error(np.ones(3), np.ones((3, 1)), False)
    tolerance = script.Tolerance(1e-9, "dB")
    assert not script.Line("", "", 1, np.nan, tolerance).passes
    assert script.Line("", "", 1, 1e-9, tolerance).passes


def test_page_holds_the_tables(script: Any, results: dict[str, list[Any]]) -> None:
    """The figures depend on the machine, the rows do not: remake them with ``--write``."""
    page = script.PAGE.read_text(encoding="utf-8")
    for name, found in results.items():
        assert f"### {name}\n" in page
        for each in found:
            assert f"| {each.quantity} | {each.reference} | {each.points} |" in page


def test_check_reports_what_exceeds(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = script.Comparison("loss", "nothing", "path loss", np.array([1.0]), np.array([1.1]))
    monkeypatch.setattr(script, "groups", lambda: {"Group": lambda: iter([wrong])})
    monkeypatch.setattr("sys.argv", ["physics_errors.py", "--check"])
    assert script.main() == 1
    assert "Group, loss: 0.1 exceeds 1e-09" in capsys.readouterr().out
