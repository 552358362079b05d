"""How child processes begin and end.

On Linux they are copies of a server process that has imported what every training needs: the first
one waits for that, the others start at once. Elsewhere each is a new interpreter.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any


def context() -> Any:
    """Return the :mod:`multiprocessing` context of all child processes."""
    if sys.platform != "linux":  # copies of processes are not safe on macOS, unknown on Windows
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(["isac_agents.preloaded"])
    return chosen


def new(target: Callable[..., object], arguments: tuple[Any, ...], **settings: Any) -> Any:
    """Return a process, not yet started, that calls a function and ends with this process.

    Args:
        target: Module-level function.
        arguments: Its arguments.
        **settings: Further ones of :class:`multiprocessing.Process`.
    """
    given = (dict(os.environ), target, arguments)  # the server's variables may be older
    return context().Process(target=_run, args=given, **settings)


def _run(
    environment: dict[str, str], target: Callable[..., object], arguments: tuple[Any, ...]
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    begin()
    target(*arguments)


def begin() -> None:
    """Ignore keyboard interrupts, and end when the parent process has ended.

    ``kill -9`` and lack of memory leave the parent no time to end its children. The system then
    closes its end of a pipe, and a thread here waits for that. Children of this process end the
    same way, one after another.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)  # immediately: files are moved into place only when complete

    threading.Thread(target=watch, name="end with parent", daemon=True).start()
