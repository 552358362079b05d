"""What the adapters do about rendering."""

import gymnasium


def warn_no_rendering(model_id: str, render_mode: str | None) -> None:
    """Warn where a render mode was asked for: no environment renders yet."""
    if render_mode is not None:
        gymnasium.logger.warn(f"{model_id} does not render: render_mode={render_mode!r} is ignored")
