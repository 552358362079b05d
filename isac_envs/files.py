"""Files of others are read here: plain files only, up to a size."""

import os
import stat
from pathlib import Path

from isac_envs.errors import IsacError


def read_bytes(path: str | Path, limit: int) -> bytes:
    """Return the content of a file.

    Args:
        path: Where it is; a link is followed.
        limit: The most bytes that it may have.

    Raises:
        OSError: If it cannot be read.
        IsacError: If it is no plain file, or larger than the limit.
    """
    path = Path(path)
    if not stat.S_ISREG(path.stat().st_mode):
        raise IsacError(f"{path}: is no plain file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        content = b"" if size > limit else file.read(limit + 1)  # /proc states no size
    if max(size, len(content)) > limit:
        raise IsacError(f"{path}: is larger than the limit of {limit} bytes")
    return content


def read_text(path: str | Path, limit: int) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark.

    Args:
        path: As for :func:`read_bytes`.
        limit: The most bytes that it may have.

    Raises:
        OSError: If it cannot be read.
        IsacError: If it is no plain file, larger than the limit, or not UTF-8.
    """
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IsacError(f"{path}: not in UTF-8: {error}") from None
