"""Scenarios: named, validated parameter sets in TOML files.

A file holds the environment's id, a name, a summary, a source, the parameters that differ from
the defaults, presets of agents, and reference scores that a command measured::

    environment = "isac/ModeSelect-v0"
    name = "storm"
    summary = "..."
    source = "..."

    [parameters]
    event_fast = 0.8

    [agents.ddqn]
    learning_rate = 1e-3

The scenarios of the model ``UavAlloc`` are in a folder ``scenarios/uav_alloc``, at the top of
this repository. Scenarios of other packages are in such a folder beside the model's module.
"""

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from isac_envs.catalog import ENVIRONMENTS, model_class, refuse_foreign
from isac_envs.declaration.model import Model
from isac_envs.declaration.params import EnvParams, near_name
from isac_envs.declaration.params import build as build_params
from isac_envs.engine.interpreting import sparing
from isac_envs.errors import (
    IsacError,
    ScenarioError,
    UnknownNameError,
    UnknownParameterError,
    hint,
)
from isac_envs.files import LARGEST_FILE, hash_file, read_toml

Environment: TypeAlias = str | type[Model]
"""Id of an environment, ``"module:Class"``, or the class of its model."""

PACKAGE = Path(__file__).resolve().parent


class Score(BaseModel):
    """The measured reward of a baseline.

    Attributes:
        reward: Mean reward per step of an episode.
        half_width: Half width of its 95 % interval; 0 where it is exact.
        method: ``exact``, or the number of episodes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reward: float
    half_width: float
    method: str


class Reference(BaseModel):
    """Reference scores and the parameters that they were measured with.

    Attributes:
        scenario_hash: Hash of the scenario at the time.
        unit: What the rewards are.
        scores: Scores by name of the baseline.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario_hash: str
    unit: str
    scores: dict[str, Score]


class Scenario(BaseModel):
    """A scenario as its file states it, the parameters already validated.

    Attributes:
        environment: Id of the environment.
        name: Name under which ``scenario=`` finds it.
        summary: One line.
        source: Paper and equation, or a statement that the values are our choice.
        parameters: The complete parameters.
        agents: Hyper-parameters of agents by agent name.
        reference: Measured scores, written by ``isac reference``; None before.
        defects: What a published model gets wrong and this scenario reproduces.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    environment: str
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    summary: str
    source: str
    parameters: EnvParams
    agents: dict[str, dict[str, Any]] = {}
    reference: Reference | None = None
    defects: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 over the environment and all parameters: what determines a trajectory."""
        return content_hash(self.environment, self.parameters)


def content_hash(environment: str, parameters: EnvParams) -> str:
    """Return the SHA-256 of an environment with its complete parameters; of files, the content."""
    values = parameters.model_dump(mode="json")
    for name in parameters.file_names():
        if values[name]:
            values[name] = hash_file(values[name], LARGEST_FILE)
    content = {"environment": environment, "parameters": values}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def folder(environment: Environment) -> Path:
    """Return the folder of an environment's scenario files, be it there or not.

    Raises:
        ScenarioError: If those of this package are missing from its installation.
    """
    model = model_class(environment)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model.__name__).lower()
    if not model.__module__.startswith("isac_envs."):
        module = getattr(sys.modules[model.__module__], "__file__", None)
        return Path(module or ".ipynb").parent / "scenarios" / name  # of a notebook: here
    for root in (PACKAGE / "_scenarios", PACKAGE.parent / "scenarios"):
        if (root / name).is_dir():
            return root / name
    raise ScenarioError(f"{environment}: no scenario files are installed")


def names(environment: Environment) -> tuple[str, ...]:
    """Return the names of an environment's scenarios, the default one first."""
    model = model_class(environment)
    default = model.default_scenario
    found = {path.stem for path in folder(model).glob("*.toml")} - {default}
    return (default, *sorted(found))


def list(environment: str | None = None) -> dict[str, tuple[str, ...]]:
    """Return the scenario names of one environment, or of all.

    Raises:
        UnknownNameError: If the environment is not registered.
    """
    ids = ENVIRONMENTS if environment is None else (environment,)
    return {each: names(each) for each in ids}


def load(
    environment: Environment, scenario: str | Path | None = None, ignore_reference: bool = False
) -> Scenario:
    """Return a scenario by name or from a file of the user.

    Args:
        environment: Id, ``"module:Class"``, or the class of the model.
        scenario: Name, or a path that ends in ``.toml``; None for the default scenario. Where
            that has no file, it is the declared defaults.
        ignore_reference: Accept reference scores that belong to other parameters.

    Raises:
        UnknownNameError: If there is no such scenario; the message suggests the nearest one.
        ScenarioError: If the file is not a valid scenario of this environment.
    """
    model = model_class(environment)
    file = path(model, scenario)
    if scenario in (None, model.default_scenario) and not file.is_file():
        head = {"environment": model.id, "name": model.default_scenario, "summary": model.summary}
        return Scenario(**head, source=model.source, parameters=model.params_type())
    return _checked(file, ignore_reference, model)


def path(environment: Environment, scenario: str | Path | None = None) -> Path:
    """Return the file of a scenario.

    Args:
        environment: Id, ``"module:Class"``, or the class of the model.
        scenario: Name, or a path that ends in ``.toml``; None for the default scenario.

    Raises:
        UnknownNameError: If there is no such scenario; the message suggests the nearest one.
    """
    model = model_class(environment)
    if isinstance(scenario, Path) or str(scenario).endswith(".toml"):
        return Path(str(scenario))
    name = model.default_scenario if scenario is None else scenario
    valid = names(model)
    if name not in valid:
        raise UnknownNameError(f"scenario of {model.id}", name, valid)
    return folder(model) / f"{name}.toml"


def validate(file: str | Path, ignore_reference: bool = False) -> Scenario:
    """Read a scenario file and check everything in it.

    Args:
        file: Path of the file.
        ignore_reference: Accept reference scores that belong to other parameters.

    Raises:
        ScenarioError: With the path of the field, its value and the nearest valid name; also if
            the file names an environment that is not registered.
    """
    return _checked(Path(file), ignore_reference)


def _checked(file: Path, ignore_reference: bool, model: Any = None) -> Scenario:
    """Read a scenario file, which must be of the given model if there is one."""
    loaded = _read(file, model)
    measured = loaded.reference
    if measured and measured.scenario_hash != loaded.hash and not ignore_reference:
        raise ScenarioError(
            f"{file}: field 'reference': the scores were measured with other parameters; remove "
            f"them or run: isac reference {loaded.environment} --scenario {file} --write"
        )
    return loaded


@sparing()
def build(model: str | Model, scenario: str | Path | None, overrides: Mapping[str, Any]) -> Model:
    """Return a model with the parameters of a scenario and single overrides.

    Args:
        model: Id, ``"module:Class"``, or a model that is already bound (it takes no overrides).
        scenario: Name or path; None for the default scenario.
        overrides: Parameters by name.

    Raises:
        UnknownParameterError: If an override is not a parameter.
        ScenarioError: If a parameter is not valid.
    """
    if isinstance(model, Model):
        if scenario is not None or overrides:
            raise ScenarioError("a bound model takes neither a scenario nor overrides")
        return model
    declared = model_class(model)
    for name in overrides:
        if name not in declared.params_type.model_fields:
            raise UnknownParameterError(
                f"{declared.id}: unexpected keyword argument {name!r}, no parameter has this name"
                f"{near_name(declared.params_type, name)}"
            )
    parameters = load(declared, scenario).parameters
    if overrides:
        values = {**dict(parameters), **overrides}
        parameters = build_params(declared.params_type, values, declared.id)
    built: Model = declared(parameters)
    return built


def _read(path: Path, model: Any) -> Scenario:
    try:
        content = read_toml(path)
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from None
    except IsacError as error:
        raise ScenarioError(str(error)) from None
    for key in content:
        if key not in Scenario.model_fields:
            raise ScenarioError(f"{path}: unknown field {key!r}{hint(key, Scenario.model_fields)}")
    if not isinstance(content.get("environment"), str):
        raise ScenarioError(f"{path}: field 'environment' is missing or not a string")
    if model is None or content["environment"] != model.id:
        try:
            refuse_foreign("environment", content["environment"])
            named = model_class(content["environment"])
        except IsacError as error:
            raise ScenarioError(f"{path}: field 'environment': {error}") from None
        if model is not None:
            raise ScenarioError(f"{path}: is of {named.id}, not of {model.id}")
        model = named
    parameters = content.pop("parameters", {})
    if not isinstance(parameters, dict):
        raise ScenarioError(f"{path}: field 'parameters' must be a table")
    for name in model.params_type.file_names():
        if isinstance(parameters.get(name), str) and parameters[name]:
            parameters[name] = str(path.parent / parameters[name])
    bound = build_params(model.params_type, parameters, f"{path}: parameters")
    try:
        return Scenario(parameters=bound, **content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ScenarioError(f"{path}: field {where!r}: {first['msg']}") from None
