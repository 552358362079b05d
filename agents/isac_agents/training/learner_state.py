"""The complete state of a training: the learner, its environment and global random generators."""

import json
import random
from typing import Any

import numpy as np
import torch
from gymnasium import spaces

from isac_agents.training.state_tree import Array, MisfitError, Node, Reader, Writer
from isac_envs.errors import IsacError


def capture(agent: Any) -> tuple[dict[str, Node], list[Array]]:
    """Capture the state of a learner as trees of plain data and arrays that the trees number.

    The arrays may be views of the learner's memory: use them before training continues.

    Raises:
        StateTreeError: If the learner holds objects that are not plain data.
    """
    writer = Writer()
    parts = {"form": _form(agent), "learner": agent, "generators": generators()}
    return {name: writer.node(part, name) for name, part in parts.items()}, writer.arrays


def restore(agent: Any, tree: dict[str, Node], arrays: list[Array]) -> None:
    """Restore a learner and the global generators to a state of :func:`capture`.

    Args:
        agent: A learner made with the same settings, at the same point of training.
        tree: The state.
        arrays: The arrays that the state numbers.

    Raises:
        MisfitError: If the state does not fit the learner, or was not restored exactly.
    """
    try:
        _restore(agent, tree, Reader(arrays))
        again, copies = capture(agent)
    except IsacError:
        raise
    except Exception as error:  # a foreign tree may demand anything
        reason = f"{type(error).__name__}: {error}"
        raise MisfitError(f"the state does not fit the learner: {reason}") from error
    for name, part in tree.items():
        place = _difference(part, again[name], arrays, copies, name)
        if place:
            raise MisfitError(f"{place} was not restored exactly")


def _restore(agent: Any, tree: dict[str, Node], reader: Reader) -> None:
    for there, here in zip(reader.value(tree["form"], None), _form(agent), strict=True):
        if there != here:
            raise MisfitError(f"the state is of {there}, this learner of {here}")
    reader.value(tree["learner"], agent, "learner")
    set_generators(reader.value(tree["generators"], None, "generators"))


def unsound_weights(agent: Any) -> str:
    """Return the name of a weight that is not finite; empty if all are finite."""
    policy = getattr(agent, "policy", None)
    if isinstance(policy, torch.nn.Module):
        for name, weight in policy.state_dict().items():
            if not bool(torch.isfinite(weight).all()):
                return name
    return ""


def _form(agent: Any) -> list[str]:
    """Describe the environment's spaces; bounds may change, sizes may not."""
    form = [f"{agent.n_envs} environments"]
    for what in ("observation", "action"):
        space = getattr(agent, f"{what}_space")
        box = isinstance(space, spaces.Box)
        form.append(f"{what}s Box{space.shape}" if box else f"{what}s {space}")
    return form


def generators() -> dict[str, Any]:
    """Return the states of the generators that belong to the process."""
    state = {
        "python": random.getstate(),
        "numpy": np.random.get_state(legacy=False),
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def set_generators(state: dict[str, Any]) -> None:
    """Restore the generators that belong to the process to a state of :func:`generators`.

    Raises:
        MisfitError: If the position of NumPy's generator is out of range.
    """
    if not 0 <= state["numpy"]["state"]["pos"] <= 624:  # otherwise NumPy would read out of bounds
        raise MisfitError("the position of NumPy's generator is out of range")
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    if "cuda" in state:
        torch.cuda.set_rng_state_all(state["cuda"])


def _difference(a: Node, b: Node, arrays: list[Array], copies: list[Array], where: str) -> str:
    """Return where two states differ; empty if they are identical bit by bit."""
    if not (isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys()):
        return "" if json.dumps(a) == json.dumps(b) else where
    kind = next(iter(a))
    if kind in ("array", "scalar"):
        one, other = arrays[a[kind]], copies[b[kind]]
        equal = (one.dtype, one.shape) == (other.dtype, other.shape)
        equal = equal and one.tobytes() == other.tobytes() and a.get("shape") == b.get("shape")
        return "" if equal else where
    if kind in ("object", "dict"):
        if [key for key, _ in a[kind]] != [key for key, _ in b[kind]]:
            return where
        pairs = [
            (f"{where}.{key}", x, y) for (key, x), (_, y) in zip(a[kind], b[kind], strict=True)
        ]
    elif isinstance(a[kind], list):
        if len(a[kind]) != len(b[kind]):
            return where
        numbered = enumerate(zip(a[kind], b[kind], strict=True))
        pairs = [(f"{where}[{k}]", x, y) for k, (x, y) in numbered]
    else:
        pairs = [(where, a[kind], b[kind])]
    found = (_difference(x, y, arrays, copies, place) for place, x, y in pairs)
    return next((each for each in found if each), "")
