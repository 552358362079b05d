"""The environments of this package: ids and where their models stand. Strings only.

A name that a user gives, ``"module:Class"`` included, is loaded. A name in a file is a stranger's:
:func:`refuse_foreign` lets through what is registered, or was loaded at the user's wish before.
"""

import importlib
from collections.abc import Container
from typing import Any

from isac_envs.errors import IsacError, UnknownNameError

PARALLEL: dict[str, str] = {
    "isac/DirectionalJrc-v0": "isac_envs.envs.v2x.directional_jrc.model:DirectionalJrc",
    "isac/JrcAoiMulti-v0": "isac_envs.envs.v2x.jrc_aoi_multi.model:JrcAoiMulti",
    "isac/UavAllocMulti-v0": "isac_envs.envs.uav.uav_alloc_multi.model:UavAllocMulti",
    "isac/UavTrajectoryMulti-v0": (
        "isac_envs.envs.uav.uav_trajectory_multi.model:UavTrajectoryMulti"
    ),
    "isac/VcpsViewMulti-v0": "isac_envs.envs.v2x.vcps_view_multi.model:VcpsViewMulti",
}
"""The ids with several agents: PettingZoo's, made by ``isac_envs.parallel_env(id)``."""

MODELS: dict[str, str] = {
    **PARALLEL,
    "isac/BeamTrack-v0": "isac_envs.envs.beam_management.beam_track.model:BeamTrack",
    "isac/DirectionalJrcSingle-v0": (
        "isac_envs.envs.v2x.directional_jrc_single.model:DirectionalJrcSingle"
    ),
    "isac/FramesPerCpi-v0": "isac_envs.envs.mode_selection.frames_per_cpi.model:FramesPerCpi",
    "isac/HsrDualBeam-v0": "isac_envs.envs.beam_management.hsr_dual_beam.model:HsrDualBeam",
    "isac/JrcAoi-v0": "isac_envs.envs.v2x.jrc_aoi.model:JrcAoi",
    "isac/JrcAoiTiny-v0": "isac_envs.envs.v2x.jrc_aoi_tiny.model:JrcAoiTiny",
    "isac/ModeSelect-v0": "isac_envs.envs.mode_selection.mode_select.model:ModeSelect",
    "isac/SparseArrayBeam-v0": (
        "isac_envs.envs.beam_management.sparse_array_beam.model:SparseArrayBeam"
    ),
    "isac/UavAlloc-v0": "isac_envs.envs.uav.uav_alloc.model:UavAlloc",
    "isac/UavAllocTiny-v0": "isac_envs.envs.uav.uav_alloc_tiny.model:UavAllocTiny",
    "isac/UavTrajectory-v0": "isac_envs.envs.uav.uav_trajectory.model:UavTrajectory",
    "isac/VcpsView-v0": "isac_envs.envs.v2x.vcps_view.model:VcpsView",
}
"""Every registered id and the path of its model class."""

TRUST = "--trust-modules"

_known: set[str] = set()  # what was registered or loaded in this process
_trusting: list[bool] = [False]


def model_class(name: str) -> Any:
    """Return the model class of an id (with or without ``isac_envs:``) or of ``"module:Class"``.

    Raises:
        IsacError: If the name is unknown; the message holds the nearest one.
    """
    name = name.removeprefix("isac_envs:")
    if ":" not in name and name not in MODELS:
        raise UnknownNameError("environment", name, MODELS)
    found = load_class(MODELS.get(name, name))
    if not hasattr(found, "params_type"):
        raise IsacError(f"{name!r} is not the model of an environment")
    return found


def load_class(path: str) -> Any:
    """Import ``"module:name"``.

    Raises:
        IsacError: If the path has another form, or nothing stands there.
    """
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise IsacError(f"{path!r} is not of the form 'module:name'")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise IsacError(f"cannot load {path!r}: {error}") from error
    announce(path)
    return found


def announce(path: str) -> None:
    """Let files name ``"module:Class"``, as what is registered or was loaded already."""
    _known.add(path)


def trust_modules(allowed: bool = True) -> None:
    """Say whether files may name any module, in this process: the user trusts their origin."""
    _trusting[0] = allowed


def refuse_foreign(what: str, name: str, registered: Container[str] = MODELS) -> None:
    """Refuse a name of a file that would import something which nobody registered.

    Args:
        what: What is named, for the message.
        name: Id or ``"module:Class"``, as the file states it.
        registered: Names and paths that are known.

    Raises:
        IsacError: Saying how to allow it.
    """
    plain = name.removeprefix("isac_envs:")
    if ":" not in plain or plain in registered or plain in _known or _trusting[0]:
        return
    raise IsacError(
        f"{what} {name!r} is not registered, and a file may not import modules; if you trust "
        f"where it comes from, add {TRUST}"
    )
