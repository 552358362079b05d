"""Declared bounds are bounds that work: every number has a range, and what is in it runs."""

from typing import Any, Literal

import numpy as np
import parameter_draws
import pytest

from isac_envs.catalog import model_class
from isac_envs.declaration.params import EnvParams, parameter


def params_type(env_id: str) -> type[EnvParams]:
    return model_class(env_id).params_type


def test_every_number_has_a_closed_range(env_id: str) -> None:
    """Of numbers, of the elements of tuples and of their lengths; the default lies inside."""
    ranges = dict(parameter_draws.ranges(params_type(env_id)))
    assert not [name for name, limits in ranges.items() if not np.isfinite(limits).all()]
    for name, (low, high) in ranges.items():
        if name in params_type(env_id).model_fields:
            assert low <= params_type(env_id).model_fields[name].default <= high, name


def test_drawn_parameters_are_refused_by_name_or_run(env_id: str) -> None:
    found = parameter_draws.survey(env_id, sets=12, steps=60)
    assert not found.failures, "\n".join(found.failures)
    assert found.accepted >= 4  # else it would say little


@pytest.mark.slow
def test_many_drawn_parameters_are_refused_by_name_or_run(env_id: str) -> None:
    """``pytest -m slow tests/test_parameters.py``: minutes for each environment."""
    found = parameter_draws.survey(env_id, sets=300, steps=300, seed=1)
    assert not found.failures, "\n".join(found.failures)
    assert found.accepted > 150


TRAJECTORY = ("isac/UavTrajectory-v0", "isac/UavTrajectoryMulti-v0")
BROKE: list[tuple[str, dict[str, Any]]] = [
    *((name, {"noise_dbm_hz": 0.0, "link_gain_db": -100.0}) for name in TRAJECTORY),
    *((name, {"drag_ratio": 2e6}) for name in TRAJECTORY),
    *((name, {"tip_speed_m_s": 1e9}) for name in TRAJECTORY),
    *((name, {"blade_power_w": 1e9}) for name in TRAJECTORY),
    *((name, {"variance_factor_m2": 1e308}) for name in TRAJECTORY),
    ("isac/DirectionalJrcSingle-v0", {"start_spacing_m": 1e-320}),
    ("isac/UavAllocTiny-v0", {"reference_bit": 5e-324}),
    ("isac/BeamTrack-v0", {"error_scale": 1e-12}),
]


@pytest.mark.parametrize(("env_id", "overrides"), BROKE)
def test_what_gave_infinities_once_is_refused_by_name(
    env_id: str, overrides: dict[str, Any]
) -> None:
    model = parameter_draws.make(env_id, parameter_draws.scenarios.names(env_id)[0], overrides)
    assert model is None


def test_kernels_know_choices_by_their_place_in_the_literal() -> None:
    """A kernel's constants follow from the declaration: reordering it changes no physics."""

    class Ordered(EnvParams):
        form: Literal["vector", "bits", "index"] = parameter("bits", "A choice.")

    class Reordered(EnvParams):
        form: Literal["index", "vector", "bits"] = parameter("bits", "The same choice.")

    for declared, expected in ((Ordered, (0, 1)), (Reordered, (1, 2))):
        assert (declared.code("form", "vector"), declared.code("form", "bits")) == expected
        assert declared().record["form"][0] == expected[1]
    with pytest.raises(ValueError):
        Ordered.code("form", "octets")
