"""What the adapters do about rendering: nothing until a render mode is asked for."""

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from isac_envs.catalog import load_class
from isac_envs.declaration.buffers import StepBuffers
from isac_envs.declaration.model import Model, State
from isac_envs.errors import IsacError
from isac_envs.rendering.view import Traces, view

Array = npt.NDArray[Any]

FPS = 12
"""Pictures per second: steps of a few milliseconds are shown in slow motion."""

MODES = ("human", "rgb_array")
MOST_COPIES = 64
"""A vector environment of more copies refuses to render them all at every call."""


def make_renderer(
    model: Model, render_mode: str | None, copies: int = 1, modes: tuple[str, ...] = MODES
) -> "Renderer | None":
    """Return the renderer of an environment, or None without a render mode.

    Args:
        model: The environment.
        render_mode: Render mode, or None.
        copies: Number of copies, at most 64.
        modes: Render modes that the adapter has.

    Raises:
        IsacError: If the mode is unknown, or there are too many copies.
        gymnasium.error.DependencyNotInstalled: If pygame is missing.
    """
    if render_mode is None:
        return None
    if render_mode not in modes:
        valid = ", ".join(map(repr, modes))
        raise IsacError(f"{model.id}: unknown render mode {render_mode!r}; valid: {valid}")
    if copies > MOST_COPIES:
        raise IsacError(f"{model.id}: {copies} copies do not render, at most {MOST_COPIES} do")
    if model.scene is None:
        gymnasium.logger.warn(f"{model.id} has no scene: render_mode={render_mode!r} is ignored")
        return None
    return Renderer(model, render_mode, copies)


def metadata(base: dict[str, Any], model: Model) -> dict[str, Any]:
    """Return an adapter's metadata for a model: without a scene there are no render modes."""
    return base if model.scene is not None else {**base, "render_modes": []}


def warn_without_mode(model: Model) -> None:
    """Say what is missing where ``render()`` is called without a render mode."""
    gymnasium.logger.warn(
        f"{model.id}: render() does nothing without a render mode; choose it when the environment "
        f'is made, e.g. gymnasium.make("isac_envs:{model.id}", render_mode="rgb_array")'
    )


class Renderer:
    """Remembers the steps of the running episodes and draws them.

    Args:
        model: The environment; it has a scene.
        mode: ``human`` shows the first copy after each reset and step; ``rgb_array`` draws when
            asked.
        copies: Number of copies.
    """

    def __init__(self, model: Model, mode: str, copies: int) -> None:
        self.model, self.mode = model, mode
        self._traces = Traces(model, copies)
        self._load()

    def _load(self) -> None:
        """Load what draws; pygame comes with it."""
        from isac_envs.rendering.canvas import Canvas
        from isac_envs.rendering.window import Window

        self._canvas = Canvas()
        self._scene = load_class(str(self.model.scene))
        self._window = Window(self.model.id, FPS) if self.mode == "human" else None

    def __getstate__(self) -> dict[str, Any]:
        """Leave pictures and windows out of pickles and copies; they are recreated."""
        made = ("_canvas", "_scene", "_window")
        return {key: value for key, value in self.__dict__.items() if key not in made}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore, with a picture and a window of its own."""
        self.__dict__.update(state)
        self._load()

    def begin(self, state: State, buffers: StepBuffers, chosen: Array | None = None) -> None:
        """Forget the past of some copies, or of all: they were reset.

        Args:
            state: State of the batch.
            buffers: Buffers of the batch, with the observations of the reset.
            chosen: Mask of the copies, shape ``(n,)``; None for all.
        """
        self._traces.forget(slice(None) if chosen is None else chosen)
        self._show(state, buffers)

    def record(
        self, state: State, actions: Array, buffers: StepBuffers, restarted: Array | None = None
    ) -> None:
        """Remember what a step did; copies that were reset instead start again.

        Args:
            state: State of the batch.
            actions: Actions of the step, copies first.
            buffers: What the step wrote.
            restarted: Mask of copies that were reset instead, shape ``(n,)``; None for none.
        """
        for i in range(len(actions)):
            if restarted is not None and restarted[i]:
                self._traces.forget(slice(i, i + 1))
                continue
            self._traces.append(
                i,
                actions=actions[i],
                objectives=buffers.objectives[i],
                costs=buffers.costs[i],
                metrics=buffers.metrics[i],
            )
        self._show(state, buffers)

    def forget(self) -> None:
        """Forget the past of all copies: the state was replaced."""
        self._traces.forget(slice(None))

    def picture(self, state: State, buffers: StepBuffers, i: int) -> npt.NDArray[np.uint8]:
        """Return the picture of a copy, shape ``(height, width, 3)``.

        Args:
            state: State of the batch.
            buffers: Buffers of the batch.
            i: Number of the copy.
        """
        self._draw(state, buffers, i)
        return self._canvas.rgb()

    def close(self) -> None:
        """Free the window."""
        if self._window is not None:
            self._window.close()

    def _show(self, state: State, buffers: StepBuffers) -> None:
        if self._window is not None:
            self._draw(state, buffers, 0)
            self._window.show(self._canvas)

    def _draw(self, state: State, buffers: StepBuffers, i: int) -> None:
        self._canvas.clear()
        self._scene(self._canvas, view(self.model, state, buffers.observations, self._traces, i))
