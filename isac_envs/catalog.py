"""The table of environments: ids and where their models stand. Strings only.

:func:`isac_envs.register` fills the table, for the environments of this package, for what other
packages announce and for what a program registers itself. Gymnasium's and PettingZoo's registries
follow from it.

A name that a user gives, ``"module:Class"`` included, is loaded. A name in a file is untrusted:
:func:`refuse_foreign` lets through what is registered, or was loaded at the user's wish before.
"""

import importlib
import re
from collections.abc import Container
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from isac_envs.errors import IsacError, UnknownNameError

Agents = Literal["one", "several"]
"""One agent: an environment of Gymnasium. Several: one of PettingZoo."""


class Entry(NamedTuple):
    """A registered environment.

    Attributes:
        model: ``"module:Class"`` of its model.
        agents: Whether it has one agent or several.
        distribution: The installed distribution that announces it; empty for what a program
            registers itself, which no other process knows.
    """

    model: str
    agents: Agents = "one"
    distribution: str = ""


OURS = "isac-envs"
"""The distribution of this package."""


def _ours(path: str, agents: Agents = "one") -> Entry:
    return Entry(f"isac_envs.envs.{path}", agents, OURS)


OWN: dict[str, Entry] = {
    "isac/BeamClusterRbg-v0": _ours("cells.beam_cluster_rbg.model:BeamClusterRbg"),
    "isac/BeamTrack-v0": _ours("beam_management.beam_track.model:BeamTrack"),
    "isac/BeamTraining-v0": _ours("beam_management.beam_training.model:BeamTraining"),
    "isac/CognitiveAccess-v0": _ours("spectrum.cognitive_access.model:CognitiveAccess"),
    "isac/DirectionalJrcSingle-v0": _ours("v2x.directional_jrc_single.model:DirectionalJrcSingle"),
    "isac/DownlinkCrb-v0": _ours("surfaces.downlink_crb.model:DownlinkCrb"),
    "isac/EdgeRoute-v0": _ours("edges.edge_route.model:EdgeRoute"),
    "isac/FramesPerCpi-v0": _ours("mode_selection.frames_per_cpi.model:FramesPerCpi"),
    "isac/HsrDualBeam-v0": _ours("beam_management.hsr_dual_beam.model:HsrDualBeam"),
    "isac/JrcAoi-v0": _ours("v2x.jrc_aoi.model:JrcAoi"),
    "isac/JrcAoiTiny-v0": _ours("v2x.jrc_aoi_tiny.model:JrcAoiTiny"),
    "isac/ModeSelect-v0": _ours("mode_selection.mode_select.model:ModeSelect"),
    "isac/RisIsac-v0": _ours("surfaces.ris_isac.model:RisIsac"),
    "isac/RisMiso-v0": _ours("surfaces.ris_miso.model:RisMiso"),
    "isac/SecureIsac-v0": _ours("surfaces.secure_isac.model:SecureIsac"),
    "isac/SparseArrayBeam-v0": _ours("beam_management.sparse_array_beam.model:SparseArrayBeam"),
    "isac/TargetTrack-v0": _ours("tracking.target_track.model:TargetTrack"),
    "isac/UavAlloc-v0": _ours("uav.uav_alloc.model:UavAlloc"),
    "isac/UavAllocTiny-v0": _ours("uav.uav_alloc_tiny.model:UavAllocTiny"),
    "isac/UavTrajectory-v0": _ours("uav.uav_trajectory.model:UavTrajectory"),
    "isac/VcpsView-v0": _ours("v2x.vcps_view.model:VcpsView"),
    "isac/CognitiveAccessMulti-v0": _ours(
        "spectrum.cognitive_access_multi.model:CognitiveAccessMulti", "several"
    ),
    "isac/DirectionalJrc-v0": _ours("v2x.directional_jrc.model:DirectionalJrc", "several"),
    "isac/JrcAoiMulti-v0": _ours("v2x.jrc_aoi_multi.model:JrcAoiMulti", "several"),
    "isac/MultiBsPower-v0": _ours("cells.multi_bs_power.model:MultiBsPower", "several"),
    "isac/RisIsacMulti-v0": _ours("surfaces.ris_isac_multi.model:RisIsacMulti", "several"),
    "isac/SecureIsacMulti-v0": _ours("surfaces.secure_isac_multi.model:SecureIsacMulti", "several"),
    "isac/SmartRoad-v0": _ours("edges.smart_road.model:SmartRoad", "several"),
    "isac/TargetTrackMulti-v0": _ours(
        "tracking.target_track_multi.model:TargetTrackMulti", "several"
    ),
    "isac/UavAllocMulti-v0": _ours("uav.uav_alloc_multi.model:UavAllocMulti", "several"),
    "isac/UavTrajectoryMulti-v0": _ours(
        "uav.uav_trajectory_multi.model:UavTrajectoryMulti", "several"
    ),
    "isac/VcpsViewMulti-v0": _ours("v2x.vcps_view_multi.model:VcpsViewMulti", "several"),
}
"""The environments of this package."""

ENVIRONMENTS: dict[str, Entry] = {}
"""Every registered environment by its id; :func:`isac_envs.register` alone writes into it."""

TRUST = "--trust-modules"
_ID = re.compile(r"[\w-]+/[\w.-]+-v\d+")
_PATH = re.compile(r"([\w.]+):([\w.]+)")
_DYNAMICS = ("reset", "step", "observe")
_STATED = ("id", "summary", "source", "params_type", "kernel", "objectives")


@dataclass
class _Permission:
    """Names that untrusted files may use in this process."""

    any_module: bool = False
    paths: set[str] = field(default_factory=set)  # registered, or loaded at the user's wish


_permission = _Permission()


def model_class(name: str | type) -> Any:
    """Return the model class of an id (with or without ``isac_envs:``) or of ``"module:Class"``.

    A class is what was looked up before, and is handed back.

    Raises:
        IsacError: If the name is unknown, the message holds the nearest one; or if what stands
            there is no model, or has the id of another environment.
    """
    if isinstance(name, type):
        return name
    name = name.removeprefix("isac_envs:")
    entry = ENVIRONMENTS.get(name)
    if entry is None and ":" not in name:
        raise UnknownNameError("environment", name, ENVIRONMENTS)
    found = load_class(name if entry is None else entry.model)
    missing = [each for each in _STATED if not hasattr(found, each)]
    if missing:
        lack = f"it states no {missing[0]}"
        raise IsacError(f"{name!r} is not the model of an environment: {lack}")
    lacking = [each for each in _DYNAMICS if not hasattr(found.kernel, each)]
    if lacking:
        lack = f"its kernel {found.kernel.__name__} has no function {lacking[0]!r}"
        raise IsacError(f"{name!r} is not the model of an environment: {lack}")
    if entry is not None and found.id != name:
        raise IsacError(f"{entry.model} is registered as {name!r}, but its id is {found.id!r}")
    check_id(found.id)
    other = ENVIRONMENTS.get(found.id)
    if other is not None and entry is None and load_class(other.model) is not found:
        raise IsacError(f"{name}: its id {found.id!r} is that of {other.model}: give it another")
    announce(path_of(found))
    return found


def load_class(path: str) -> Any:
    """Import ``"module:name"``.

    Raises:
        IsacError: If the path has another form, or nothing stands there that can be imported.
    """
    module, name = split_path(path)
    try:
        found = attrgetter(name)(importlib.import_module(module))
    except Exception as error:  # third-party modules may raise anything
        kind = "" if isinstance(error, (ImportError, AttributeError)) else type(error).__name__
        reason = ": ".join(filter(None, (kind, str(error))))
        raise IsacError(f"cannot load {path!r}: {reason}") from error
    announce(path)
    return found


def split_path(path: str) -> tuple[str, str]:
    """Return module and name of ``"module:name"``.

    Raises:
        IsacError: If the path has another form.
    """
    form = _PATH.fullmatch(path)
    if form is None:
        raise IsacError(f"{path!r} is not of the form 'module:name'")
    return form[1], form[2]


def path_of(model: Any) -> str:
    """Return ``"module:Class"`` of a model class."""
    return f"{model.__module__}:{model.__qualname__}"


def lasting_name(model: Any) -> str:
    """Return the name of a model class that means the same to every process, for files.

    It is the id where a package announces it, otherwise ``"module:Class"``.
    """
    entry = ENVIRONMENTS.get(model.id)
    announced = entry is not None and entry.distribution and load_class(entry.model) is model
    return str(model.id) if announced else path_of(model)


def check_id(name: str) -> None:
    """Refuse an id that Gymnasium would not take, or that has no namespace or version.

    Raises:
        IsacError: If it has another form.
    """
    if not _ID.fullmatch(name):
        raise IsacError(f"the id {name!r} is not of the form 'namespace/Name-v0'")


def announce(path: str) -> None:
    """Let files name ``"module:Class"``, as what is registered or was loaded already."""
    _permission.paths.add(path)


def trust_modules(allowed: bool = True) -> None:
    """Say whether files may name any module, in this process: the user trusts their origin."""
    _permission.any_module = allowed


def refuse_foreign(what: str, name: str, registered: Container[str] = ()) -> None:
    """Refuse a name of a file that would import something which nobody registered.

    Args:
        what: What is named, for the message.
        name: Id or ``"module:Class"``, as the file states it.
        registered: Further paths that are known.

    Raises:
        IsacError: Saying how to allow it.
    """
    plain = name.removeprefix("isac_envs:")
    known = ":" not in plain or plain in _permission.paths or plain in registered
    if known or _permission.any_module:
        return
    raise IsacError(
        f"{what} {name!r} is not registered, and a file may not import modules; if you trust "
        f"where it comes from, add {TRUST}"
    )
