"""The complete state of a training: the learner, its environment and the global generators."""

import json
import random
from typing import Any

import numpy as np
import torch
from gymnasium import spaces

from isac_agents.training.state_tree import Array, MisfitError, Node, Reader, Writer
from isac_envs.errors import IsacError


def capture(agent: Any) -> tuple[dict[str, Node], list[Array]]:
    """Return the state of a learner as trees of plain data and the arrays that they count.

    The arrays may be views of the learner's memory: use them before it goes on.

    Raises:
        StateTreeError: If it holds something that is not plain data.
    """
    writer = Writer()
    parts = {"form": _form(agent), "learner": agent, "generators": generators()}
    return {name: writer.node(part, name) for name, part in parts.items()}, writer.arrays


def restore(agent: Any, tree: dict[str, Node], arrays: list[Array]) -> None:
    """Put a learner and the global generators back to what :func:`capture` returned.

    Args:
        agent: A learner that was made with the same settings, where it was captured.
        tree: Its state.
        arrays: The arrays of the tree.

    Raises:
        MisfitError: If the state does not fit the learner, or did not come back exactly.
    """
    try:
        _restore(agent, tree, Reader(arrays))
        again, copies = capture(agent)
    except IsacError:
        raise
    except Exception as error:  # a tree that nothing of ours wrote may ask for anything
        reason = f"{type(error).__name__}: {error}"
        raise MisfitError(f"the state does not fit the learner: {reason}") from error
    for name, part in tree.items():
        place = _difference(part, again[name], arrays, copies, name)
        if place:
            raise MisfitError(f"{place} does not come back exactly")


def _restore(agent: Any, tree: dict[str, Node], reader: Reader) -> None:
    for there, here in zip(reader.value(tree["form"], None), _form(agent), strict=True):
        if there != here:
            raise MisfitError(f"the state is of {there}, this learner of {here}")
    reader.value(tree["learner"], agent, "learner")
    set_generators(reader.value(tree["generators"], None, "generators"))


def unsound_weights(agent: Any) -> str:
    """Return the name of a weight that is not finite; empty if all are."""
    policy = getattr(agent, "policy", None)
    if isinstance(policy, torch.nn.Module):
        for name, weight in policy.state_dict().items():
            if not bool(torch.isfinite(weight).all()):
                return name
    return ""


def _form(agent: Any) -> list[str]:
    """Return what the environment looks like to the learner; bounds may change, sizes may not."""
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
    """Put the generators that belong to the process back to what :func:`generators` returned.

    Raises:
        MisfitError: If NumPy's is at a position that it does not have.
    """
    if not 0 <= state["numpy"]["state"]["pos"] <= 624:  # NumPy reads beyond its memory otherwise
        raise MisfitError("the generator of NumPy has no such position")
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    if "cuda" in state:
        torch.cuda.set_rng_state_all(state["cuda"])


def _difference(a: Node, b: Node, arrays: list[Array], copies: list[Array], where: str) -> str:
    """Return where two states differ; empty if they are equal bit by bit."""
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
