"""One training at a time in a run folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isac_envs.errors import IsacError

try:
    import fcntl
except ImportError:  # Windows: two trainings in one folder are not noticed there
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep all other processes from training in a folder; a process that is killed lets go.

    Raises:
        IsacError: If another process trains there.
    """
    with (folder / LOCK).open("a+", encoding="utf-8") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                process = file.read().strip() or "?"
                raise IsacError(f"{folder}: process {process} is training there") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
