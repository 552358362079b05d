"""Setup of every child process: it ends with its parent."""

import multiprocessing
import os
import signal
import threading


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
