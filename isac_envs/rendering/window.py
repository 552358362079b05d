"""The window of the render mode ``human``."""

import pygame

from isac_envs.rendering.canvas import Canvas


class Window:
    """Shows pictures at a steady rate. A process has one window, as pygame's display is one.

    Args:
        title: Stands in the title bar.
        fps: Pictures per second, at most.
    """

    def __init__(self, title: str, fps: float) -> None:
        self.title, self.fps = title, fps
        self._clock = pygame.time.Clock()

    def show(self, canvas: Canvas) -> None:
        """Show a picture, and wait until the next one is due."""
        if not pygame.display.get_init():  # not yet, or another environment's close() ended it
            pygame.display.init()
        screen = pygame.display.get_surface()
        if screen is None or screen.get_size() != canvas.surface.get_size():
            screen = pygame.display.set_mode(canvas.surface.get_size())
        pygame.display.set_caption(self.title)
        screen.blit(canvas.surface, (0, 0))
        pygame.event.pump()
        pygame.display.flip()
        self._clock.tick(self.fps)

    def close(self) -> None:
        """Free the window; closing twice is allowed."""
        if pygame.display.get_init():
            pygame.display.quit()
