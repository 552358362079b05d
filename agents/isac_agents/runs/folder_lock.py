"""One training at a time in a run folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from isac_agents.runs.folder_links import refuse_links
from isac_envs.errors import IsacError

LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder against training by other processes; a killed process releases the lock.

    Raises:
        IsacError: If another process trains there, or there are links in the folder.
    """
    refuse_links(folder, writing=True)
    path = folder / LOCK
    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        process = "another process"
        with suppress(OSError, ValueError):  # where a locked file cannot be read
            process = f"process {int(path.read_text(encoding='ascii'))}"
        raise IsacError(f"{folder}: {process} is training there") from None
    try:
        with suppress(OSError):  # where a locked file cannot be written
            path.write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        lock.release()
