"""Named, bounded, unit-bearing coordinates of observations and actions; named signals."""

import operator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import InvalidAction

from isac_envs.engine.passes import clip_row, first_outside

Kind = Literal["box", "discrete", "multi_discrete", "multi_binary"]


@dataclass(frozen=True)
class Coordinate:
    """One coordinate, or ``size`` alike ones, of an observation or an action.

    Attributes:
        name: Field's standard term in snake case.
        meaning: One line.
        unit: Unit of the value as the agent sees it; ``"1"`` where it has none.
        low: Smallest value.
        high: Largest value (inclusive, for integers too).
        labels: Names of the values of an integer coordinate, in order.
        size: How many consecutive coordinates share this description.
    """

    name: str
    meaning: str
    unit: str = "1"
    low: float = 0.0
    high: float = 1.0
    labels: tuple[str, ...] = ()
    size: int = 1


@dataclass(frozen=True)
class Signal:
    """A number that a step reports: an objective, a cost or a metric."""

    name: str
    meaning: str
    unit: str = "1"


@dataclass(frozen=True)
class Summary:
    """A figure that tables show of a policy: a mean per step, or a ratio of totals.

    Attributes:
        name: Column of the table.
        meaning: One line.
        numerator: Name of a metric.
        denominator: Name of a metric; the number of steps when empty.
    """

    name: str
    meaning: str
    numerator: str
    denominator: str = ""


@dataclass(frozen=True)
class Spec:
    """What an observation or an action is made of, and the Gymnasium space that follows.

    Attributes:
        kind: ``box`` (float32), ``discrete``, ``multi_discrete`` or ``multi_binary`` (integers).
        coordinates: In the order of the array.
    """

    kind: Kind
    coordinates: tuple[Coordinate, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.kind == "discrete" and self.width != 1:
            raise ValueError(f"a discrete space has one coordinate, not {self.width}")

    @cached_property
    def width(self) -> int:
        """Number of coordinates."""
        return sum(each.size for each in self.coordinates)

    @cached_property
    def low(self) -> npt.NDArray[np.float64]:
        """Smallest values, shape ``(width,)``."""
        return self._bounds([each.low for each in self.coordinates])

    @cached_property
    def high(self) -> npt.NDArray[np.float64]:
        """Largest values, shape ``(width,)``."""
        return self._bounds([each.high for each in self.coordinates])

    @cached_property
    def count(self) -> int:
        """Number of values of a discrete coordinate; of all together if there are several."""
        return int(self.high[0]) + 1 if self.kind == "discrete" else int((self.high + 1.0).sum())

    @cached_property
    def _counts(self) -> list[int]:
        """Number of values of each integer coordinate."""
        return [int(each) + 1 for each in self.high]

    @cached_property
    def dtype(self) -> type[Any]:
        """Element type of an array of observations."""
        return np.float32 if self.kind == "box" else np.int64

    @cached_property
    def action_dtype(self) -> type[Any]:
        """Element type in which actions reach the kernels."""
        return np.float64 if self.kind == "box" else np.int64

    def space(self) -> spaces.Space[Any]:
        """Return a new Gymnasium space."""
        if self.kind == "box":
            return spaces.Box(self.low.astype(np.float32), self.high.astype(np.float32))
        if self.kind == "discrete":
            return spaces.Discrete(self.count)
        if self.kind == "multi_binary":
            return spaces.MultiBinary(self.width)
        return spaces.MultiDiscrete(self.high.astype(np.int64) + 1)

    def present(self, values: npt.NDArray[Any]) -> Any:
        """Return the user's view of an array ``(..., width)``: discrete drops the last axis."""
        if self.kind == "multi_binary":
            return values.astype(np.int8)
        return values[..., 0][()] if self.kind == "discrete" else values  # [()]: a scalar of one

    def encode(self, action: Any, row: npt.NDArray[Any], owner: str) -> int:
        """Write one action into a row ``(width,)`` of the batch.

        Args:
            action: The action, as the space has it.
            row: Receives it, shape ``(width,)``.
            owner: Whose action it is, for messages.

        Returns:
            How many coordinates of a box action were clipped into their bounds.

        Raises:
            InvalidAction: If the action has the wrong type or shape, is outside an integer range,
                or holds NaN. The row may be overwritten, the state is not.
        """
        if self.kind == "discrete":
            try:
                index = operator.index(action)
            except TypeError:
                raise InvalidAction(
                    self._complaint(owner, action, "not a single integer")
                ) from None
            if not 0 <= index < self.count:
                raise InvalidAction(self._complaint(owner, action, "outside its range"))
            row[0] = index
            return 0
        encode = self._encode_plain if self.kind == "box" else self._encode_whole
        clipped = encode(action, row)
        return int(self.encode_rows([action], row[None], owner)[0]) if clipped < 0 else clipped

    def _encode_plain(self, action: Any, row: npt.NDArray[Any]) -> int:
        """Encode what nearly all box actions are, an array of valid floats; else return -1.

        NumPy's passes over one short row would take longer than the rest of a step.
        """
        if not isinstance(action, np.ndarray) or action.shape != row.shape:
            return -1
        if action.dtype.kind != "f":
            return -1
        row[...] = action
        return int(clip_row(row, self.low, self.high))

    def _encode_whole(self, action: Any, row: npt.NDArray[Any]) -> int:
        """Encode what nearly all actions of several integers are, a valid array; else return -1."""
        if not isinstance(action, np.ndarray) or action.shape != row.shape:
            return -1
        if action.dtype.kind not in "iu":
            return -1
        counts = self._counts
        for k, value in enumerate(action.tolist()):
            if not 0 <= value < counts[k]:
                return -1
            row[k] = value
        return 0

    def encode_rows(
        self, actions: Any, rows: npt.NDArray[Any], owner: str
    ) -> npt.NDArray[np.int64]:
        """Write actions of all copies, shape ``(n, width)`` or ``(n,)``, into the batch.

        Args:
            actions: The actions, copies first.
            rows: Receives them, shape ``(n, width)``.
            owner: Whose actions they are, for messages.

        Returns:
            The number of clipped coordinates of each copy, shape ``(n,)``.

        Raises:
            InvalidAction: As :meth:`encode`.
        """
        try:
            values = np.asarray(actions)
        except ValueError:
            raise InvalidAction(self._complaint(owner, actions, "ragged")) from None
        if self.kind == "discrete" and values.ndim == 1:
            values = values[:, None]
        if values.shape != rows.shape:
            expected = rows.shape[:1] if self.kind == "discrete" else rows.shape
            raise InvalidAction(f"{owner}: actions have shape {values.shape}, expected {expected}")
        if self.kind == "box":
            return self._encode_box(values, rows, owner)
        if values.dtype.kind not in "iu":
            raise InvalidAction(self._complaint(owner, values.dtype, "not an integer"))
        rows[...] = values
        wrong = first_outside(rows, self.high)
        if wrong >= 0:
            raise InvalidAction(self._complaint(owner, values[wrong], "outside its range"))
        return np.zeros(len(rows), np.int64)

    def _encode_box(
        self, values: npt.NDArray[Any], rows: npt.NDArray[Any], owner: str
    ) -> npt.NDArray[np.int64]:
        if values.dtype.kind not in "fiu":
            raise InvalidAction(self._complaint(owner, values.dtype, "not a number"))
        if np.isnan(values).any():
            wrong = values[np.isnan(values).any(1)][0]
            raise InvalidAction(self._complaint(owner, wrong, "not a number"))
        np.clip(values, self.low, self.high, out=rows, casting="unsafe")
        return np.asarray((values != rows).sum(1), np.int64)

    def _complaint(self, owner: str, value: Any, problem: str) -> str:
        ranges = ", ".join(
            f"{c.name} {_range(c, integer=self.kind != 'box')}" for c in self.coordinates
        )
        return f"{owner}: action {value!r} is {problem}; valid: {ranges}"

    def _bounds(self, values: list[float]) -> npt.NDArray[np.float64]:
        """Return bounds as the space holds them: a box rounds them to float32."""
        held = np.array(values, np.float32 if self.kind == "box" else np.float64)
        sizes = [each.size for each in self.coordinates]
        return np.repeat(held.astype(np.float64), sizes)


def _range(coordinate: Coordinate, integer: bool) -> str:
    if not integer:
        return f"{coordinate.low:g}..{coordinate.high:g} {coordinate.unit}".removesuffix(" 1")
    names = ", ".join(f"{k} = {label}" for k, label in enumerate(coordinate.labels[:8]))
    return f"0..{coordinate.high:g}" + (f" ({names})" if names else "")
