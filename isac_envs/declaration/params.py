"""Parameters of an environment: one frozen model that validates, documents and compiles.

The same class is the schema of the scenario files, the keyword arguments of ``gymnasium.make``,
the table of the documentation and, as a one-element record, what the kernels read. Changing a
value never recompiles a kernel.
"""

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, get_args, get_origin

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo

from isac_envs.engine.interpreting import sparing
from isac_envs.engine.jit import record_of
from isac_envs.errors import ScenarioError, hint, nearest

INTERFACE = ("observation", "action")
"""Parameters that say how an agent sees and acts, in every environment that has them."""

Weight = Annotated[float, Field(ge=-1e6, le=1e6)]
"""Weight of an objective."""


def parameter(
    default: Any,
    meaning: str,
    unit: str = "1",
    source: str = "",
    interface: bool = False,
    file: bool = False,
    **bounds: Any,
) -> Any:
    """Declare a parameter.

    Args:
        default: Value in the default scenario.
        meaning: One line.
        unit: Unit of the value; ``"1"`` where it has none.
        source: Paper, standard, table or equation; empty for a choice of ours.
        interface: It changes what an agent sees or how it acts (the length of a history), never
            the world, so that agents may choose it; ``observation`` and ``action`` always are.
        file: It is the path of a file, which counts by its content; empty for none.
        **bounds: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``, ``max_length`` of pydantic.
    """
    extra: Any = {"unit": unit, "source": source, "interface": interface, "file": file}
    return Field(default, description=meaning, json_schema_extra=extra, **bounds)


class EnvParams(BaseModel):
    """Base of all parameter models."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    horizon: int = parameter(400, "Steps until an episode is truncated.", "steps", ge=1, le=10**7)
    weights: tuple[Weight, ...] = parameter(
        (1.0,), "Weights of the objectives; the reward is their weighted sum."
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Refuse names that a NumPy record uses itself: a kernel could not read such a field."""
        for name, field in cls.model_fields.items():
            if field.annotation is not str and hasattr(np.record, name):
                raise TypeError(f"{cls.__name__}: {name!r} is an attribute of NumPy records")

    @field_validator("*", mode="before")
    @classmethod
    def _no_silent_conversion(cls, value: Any, info: Any) -> Any:
        field = cls.model_fields[info.field_name]
        if field.annotation is str or get_origin(field.annotation) is Literal:
            return value
        for part in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(part, bool) and field.annotation is not bool:
                raise ValueError("true and false are not numbers")
            if not isinstance(part, bool) and field.annotation is bool:
                raise ValueError("must be true or false")
            if isinstance(part, str):
                raise ValueError("a string is not a number")
            if isinstance(part, int) and abs(part) >= 2**63:
                raise ValueError("is too large for a 64-bit integer")
        return value

    @field_validator("*")
    @classmethod
    def _fix_path(cls, value: Any, info: Any) -> Any:
        """Make a path absolute: a record of the parameters is read from other folders as well."""
        return os.path.abspath(value) if value and info.field_name in cls.file_names() else value

    @field_validator("weights")
    @classmethod
    def _one_weight_for_each_objective(cls, weights: tuple[float, ...]) -> tuple[float, ...]:
        expected = len(cls.model_fields["weights"].default)
        if len(weights) != expected:
            raise ValueError(f"{expected} objectives need {expected} weights, not {len(weights)}")
        return weights

    @classmethod
    def interface_names(cls) -> tuple[str, ...]:
        """Return the parameters that an agent may choose, because the world is the same for all."""
        fields: Any = cls.model_fields
        return tuple(
            name
            for name, field in fields.items()
            if name in INTERFACE or field.json_schema_extra["interface"]
        )

    @classmethod
    def file_names(cls) -> tuple[str, ...]:
        """Return the parameters that are paths of files."""
        extras: Any = {n: each.json_schema_extra or {} for n, each in cls.model_fields.items()}
        return tuple(name for name, extra in extras.items() if extra.get("file"))

    @classmethod
    def code(cls, name: str, choice: str) -> int:
        """Return the number by which kernels know a choice: its position in the Literal.

        Args:
            name: The parameter.
            choice: One of its values.

        Raises:
            ValueError: If the parameter has no such value.
        """
        return get_args(cls.model_fields[name].annotation).index(choice)

    def derived(self) -> dict[str, Any]:
        """Return derived values for kernels, computed once: numbers or float arrays."""
        return {}

    @cached_property
    def record(self) -> npt.NDArray[Any]:
        """The parameters as a record array of shape ``(1,)``; choices as their position."""
        values = {name: _number(self, name) for name in _kernel_fields(self)}
        with sparing():
            return record_of(values | self.derived())

    def describe(self) -> list[dict[str, Any]]:
        """Return one row a parameter: name, value, unit, range, meaning, source."""
        rows = []
        for name, field in type(self).model_fields.items():
            extra: Any = field.json_schema_extra
            rows.append(
                {
                    "name": name,
                    "value": getattr(self, name),
                    "unit": extra["unit"],
                    "range": _range(field),
                    "meaning": field.description,
                    "source": extra["source"],
                }
            )
        return rows


def build(params: type[EnvParams], values: dict[str, Any], where: str) -> EnvParams:
    """Validate values.

    Args:
        params: The parameter model.
        values: Values by field name; what is left out keeps its default.
        where: What the values came from, for the message.

    Raises:
        ScenarioError: Naming the field, its value, the valid range and the nearest valid name.
    """
    for name in values:
        if name not in params.model_fields:
            raise ScenarioError(f"{where}: unknown parameter {name!r}{near_name(params, name)}")
    try:
        return params(**values)
    except ValidationError as error:
        raise ScenarioError(f"{where}: {_explain(params, error)}") from None


def near_name(params: type[EnvParams], name: str) -> str:
    """Return the nearest field; a right name with a wrong unit suffix is recognised."""
    close = nearest(name, params.model_fields, cutoff=0.9)
    for candidate, field in params.model_fields.items():
        extra: Any = field.json_schema_extra
        stem, _, suffix = name.rpartition("_")
        if close in (None, candidate) and stem and candidate == f"{stem}_{_suffix(extra['unit'])}":
            return f"; unknown unit {suffix!r}, did you mean {candidate!r} in {extra['unit']}?"
    return hint(name, params.model_fields)


def _suffix(unit: str) -> str:
    """Return the spelling of a unit in a name: ``m/s`` is ``m_s``."""
    return unit.lower().replace("/", "_").replace("^", "").replace("bit_s", "bps")


def _explain(params: type[EnvParams], error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        path = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        field = params.model_fields.get(str(problem["loc"][0])) if problem["loc"] else None
        if field is None:
            lines.append(message)
            continue
        extra: Any = field.json_schema_extra
        unit = "" if extra["unit"] == "1" else f" {extra['unit']}"
        valid = f"; valid: {_range(field)}{unit}" if _range(field) else ""
        lines.append(f"parameter {path} = {problem['input']!r}: {message}{valid}")
    return "; ".join(lines)


def _range(field: FieldInfo) -> str:
    """Return the valid values of a field; of a tuple, those of its elements and its lengths."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(map(str, get_args(field.annotation)))
    if get_origin(field.annotation) is not tuple:
        return _limits(field.metadata)
    element = get_args(field.annotation)[0]
    each = [_limits(part.metadata) for part in getattr(element, "__metadata__", ())]
    shortest, longest = (_bound(field.metadata, f"{end}_length") for end in ("min", "max"))
    parts = [] if longest is None else [f"{shortest or 0}..{longest} values"]
    return ", ".join([*parts, *(f"each {limits}" for limits in each if limits)])


def _limits(metadata: Sequence[Any]) -> str:
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    values = ((sign, _bound(metadata, name)) for name, sign in signs.items())
    return ", ".join(f"{sign} {value:g}" for sign, value in values if value is not None)


def _bound(metadata: Sequence[Any], name: str) -> Any:
    """Return a bound of pydantic by its name, None if undefined."""
    found = (getattr(part, name, None) for part in metadata)
    return next((value for value in found if value is not None), None)


def _kernel_fields(params: EnvParams) -> list[str]:
    """Return the fields that kernels read: all but text."""
    return [name for name, f in type(params).model_fields.items() if f.annotation is not str]


def _number(params: EnvParams, name: str) -> Any:
    value = getattr(params, name)
    choice = get_origin(type(params).model_fields[name].annotation) is Literal
    return params.code(name, value) if choice else value
