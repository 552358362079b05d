"""The mutable state of a learner as plain data, a tree of JSON and arrays, and back.

A learner, its policy and its buffers are walked attribute by attribute. Reading walks a newly made
learner in the same way and writes the stored values into its objects. The tree never names a class,
function or module, so a file cannot run code. Nodes that the writer would not have produced for the
present object are refused, so a file cannot reach into a logger, replace a method or change a
setting.

Mutable state must consist of numbers, text, None, NumPy arrays, torch tensors, optimisers, random
generators, lists, tuples, dictionaries, deques, or objects made of these. An object with the
methods ``snapshot()`` and ``restore(state)`` defines its state itself. Types, functions, frozen
dataclasses and similar objects are settings: they are neither stored nor changed.
"""

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numpy.lib.recfunctions import repack_fields

from isac_agents.training.state_kinds import KINDS, attributes, is_setting
from isac_envs.errors import IsacError

Array = npt.NDArray[Any]
Node = Any
"""A number, text, None, or a dictionary whose first key names its kind."""

FIXED: Node = {"fixed": True}
LARGEST = 1 << 30
"""Limit on the bytes of arrays that a tree may add to the present ones."""

_BLOCK = 1 << 16


class StateTreeError(IsacError):
    """A learner holds an object that is not plain data, so its state cannot be stored."""


class MisfitError(IsacError):
    """A stored state does not fit the learner."""


class Writer:
    """Turns a learner into a tree, and collects the arrays that the tree numbers.

    Attributes:
        arrays: The arrays, in the order of their numbers. They are views of the
            learner's own memory wherever possible: use them before it changes.
    """

    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._numbers: dict[int, int] = {}
        self._alive: list[Any] = []  # an id is only valid while its object exists

    def node(self, value: Any, where: str = "") -> Node:
        """Convert a value to a node.

        Args:
            value: Value to store.
            where: Its name in messages.

        Raises:
            StateTreeError: If it holds objects that are not plain data.
        """
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, np.generic):
            return {"scalar": self._keep(np.asarray(value))}
        if is_setting(value):
            return FIXED
        if id(value) in self._numbers:
            return {"same": self._numbers[id(value)]}
        self._numbers[id(value)] = len(self._numbers)
        self._alive.append(value)
        return self._content(value, where)

    def _content(self, value: Any, where: str) -> Node:
        if isinstance(value, np.ndarray):
            return self._array(value, where)
        if isinstance(value, torch.Tensor):
            return {"tensor": self._array(value.detach().cpu().numpy(), where)}
        if isinstance(value, (list, tuple)):
            kind = "list" if isinstance(value, list) else "tuple"
            return {kind: [self.node(each, f"{where}[{k}]") for k, each in enumerate(value)]}
        if isinstance(value, deque):
            items = [self.node(each, f"{where}[{k}]") for k, each in enumerate(value)]
            return {"deque": items, "longest": value.maxlen}
        if isinstance(value, Mapping):
            pairs = value.items()
            return {"dict": [[self.node(k), self.node(v, f"{where}[{k!r}]")] for k, v in pairs]}
        for kind, accepts, read, _ in KINDS:
            if accepts(value):
                return {kind: self.node(read(value), where)}
        if not hasattr(value, "__dict__"):
            raise StateTreeError(f"{where} is of type {type(value).__name__}, not plain data")
        held = attributes(value)
        return {"object": [[name, self.node(held[name], f"{where}.{name}")] for name in held]}

    def _array(self, value: Array, where: str) -> Node:
        if value.dtype.hasobject:
            raise StateTreeError(f"{where} is an array of objects, not plain data")
        if value.dtype.names is not None:
            value = repack_fields(value, recurse=True).view(np.ndarray)
        shape = [*value.shape]
        return {"array": self._keep(_without_zeros(value)), "shape": shape}

    def _keep(self, value: Array) -> int:
        self.arrays.append(value)
        return len(self.arrays) - 1


class Reader:
    """Writes the state of a :class:`Writer` into a newly made learner.

    Args:
        arrays: The arrays of the tree.
    """

    def __init__(self, arrays: list[Array]) -> None:
        self._arrays = arrays
        self._made: dict[int, Any] = {}
        self._used: set[int] = set()
        self._count = 0
        self._room = LARGEST + sum(each.nbytes for each in arrays)

    def value(self, node: Node, present: Any, where: str = "") -> Any:
        """Restore a node: the present object with the stored content, where possible.

        Args:
            node: Stored node.
            present: Object in its place; None if there is none.
            where: Its name in messages.

        Raises:
            MisfitError: If the content does not fit the present object.
        """
        if not isinstance(node, dict):
            return node
        kind, content = next(iter(node.items()))
        if kind == "fixed":
            return present
        if kind == "scalar":
            return self._arrays[content][()]
        if kind == "same":
            return self._made[content]
        number = self._count
        self._count += 1
        if id(present) in self._used:  # one object now, but two when stored
            present = None
        made = self._content(kind, content, node, present, where, number)
        self._made[number] = made
        self._used.add(id(made))
        return made

    def _content(
        self, kind: str, content: Any, node: Node, present: Any, where: str, number: int
    ) -> Any:
        if kind == "array":
            return self._array(node, present, where)
        if kind == "tensor":
            return self._tensor(content, present, where)
        if kind in ("list", "tuple", "deque"):
            return self._sequence(kind, node, present, where)
        if kind == "dict":
            return self._mapping(content, present, where)
        for name, accepts, read, write in KINDS:
            if kind == name:
                if not accepts(present):
                    raise MisfitError(f"{where} is not a {name} here")
                template = read(present) if name == "snapshot" else None
                state = self.value(content, template, where)
                try:
                    write(present, state)
                except (ValueError, KeyError, TypeError, RuntimeError) as error:
                    raise MisfitError(f"{where} does not fit: {error}") from error
                return present
        if kind != "object" or not hasattr(present, "__dict__") or not _is_walked(present):
            raise MisfitError(f"{where} does not exist here")
        self._made[number] = present  # its attributes may refer back to it
        for name, child in content:
            before = vars(present).get(name)
            if child != FIXED and (is_setting(before) or _is_behaviour(present, name)):
                raise MisfitError(f"{where}.{name} is a setting here")
            vars(present)[name] = self.value(child, before, f"{where}.{name}")
        return present

    def _array(self, node: Node, present: Any, where: str) -> Array:
        stored, shape = self._arrays[node["array"]], tuple(node["shape"])
        fits = isinstance(present, np.ndarray) and present.shape == shape
        if stored.dtype.names is not None:
            if not fits or repack_fields(present.dtype, recurse=True) != stored.dtype:
                raise MisfitError(f"{where} has another type or size here")
        elif not (fits and present.dtype == stored.dtype and present.flags.writeable):
            self._room -= math.prod(shape) * stored.dtype.itemsize
            if min(shape, default=0) < 0 or self._room < 0:
                raise MisfitError(f"{where} has the shape {shape}, the limit is {LARGEST} bytes")
            present = np.zeros(shape, stored.dtype)
        if stored.ndim:
            present[: len(stored)] = stored
            present[len(stored) :] = np.zeros((), present.dtype)
        else:
            present[...] = stored
        return np.asarray(present)

    def _tensor(self, content: Node, present: Any, where: str) -> torch.Tensor:
        stored = torch.from_numpy(self._array(content, None, where))
        if not isinstance(present, torch.Tensor):
            return stored
        if (present.shape, present.dtype) != (stored.shape, stored.dtype):
            if isinstance(present, torch.nn.Parameter):
                raise MisfitError(
                    f"{where} has shape {tuple(present.shape)} here, {tuple(stored.shape)} there"
                )
            return stored.to(present.device)
        with torch.no_grad():
            present.copy_(stored)
        return present

    def _sequence(self, kind: str, node: Node, present: Any, where: str) -> Any:
        paired: list[Any] = [None] * len(node[kind])
        if isinstance(present, (list, tuple, deque)):
            paired[: len(present)] = [*present][: len(paired)]
        items = [
            self.value(each, now, f"{where}[{k}]")
            for k, (each, now) in enumerate(zip(node[kind], paired, strict=True))
        ]
        if kind == "list":
            if not isinstance(present, list):
                return items
            present[:] = items
            return present
        if kind == "deque":
            return deque(items, node["longest"])
        named = getattr(type(present), "_make", None)
        return named(items) if named else tuple(items)

    def _mapping(self, content: list[list[Node]], present: Any, where: str) -> Any:
        before = present if isinstance(present, dict) else {}
        items = {}
        for key_node, child in content:
            key = self.value(key_node, None)
            items[key] = self.value(child, before.get(key), f"{where}[{key!r}]")
        if isinstance(present, dict):
            present.clear()
            present.update(items)
            return present
        return items


def _is_walked(value: Any) -> bool:
    """Return whether a writer walks the attributes of an object."""
    held = (type(None), np.ndarray, torch.Tensor, list, tuple, deque, Mapping)
    return not (
        isinstance(value, held) or is_setting(value) or any(kind[1](value) for kind in KINDS)
    )


def _is_behaviour(value: Any, name: str) -> bool:
    """Return whether a name is a method or a property of an object."""
    found = getattr(type(value), name, None)
    return callable(found) or isinstance(found, property)


def _without_zeros(value: Array) -> Array:
    """Drop the trailing rows of an array that are zero bit by bit.

    Buffers start as zeros and fill from the front, so the part in use remains.
    """
    if value.ndim == 0 or not value.size or not value.flags.c_contiguous:
        return np.ascontiguousarray(value) if value.ndim else value
    raw = value.reshape(-1).view(np.uint8)
    end = raw.size
    while end and not raw[max(end - _BLOCK, 0) : end].any():
        end = max(end - _BLOCK, 0)
    if end:
        start = max(end - _BLOCK, 0)
        end = start + int(np.flatnonzero(raw[start:end])[-1]) + 1
    row = raw.size // len(value)
    return value[: -(-end // row)]
