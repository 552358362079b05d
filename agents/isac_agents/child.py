"""What every process of ours does that is started by another one: it ends with it."""

import multiprocessing
import os
import signal
import threading


def begin() -> None:
    """Leave the keyboard to the process that started this one, and end when that one has ended.

    However it ended: ``kill -9`` and lack of memory leave it no time to end its children. The
    system closes its end of a pipe, and a thread waits for that here. Children of this process
    end the same way, one after another.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)  # at once: files are moved to their places when they are complete

    threading.Thread(target=watch, name="end with parent", daemon=True).start()
