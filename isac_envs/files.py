"""Reading of untrusted files: plain files only, up to a size, and TOML up to a depth.

Nothing is read before its size is known to be within the limit, so that a device, a pipe or a
file made to fill the memory is refused in one line.
"""

import hashlib
import os
import re
import stat
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any, BinaryIO

from isac_envs.errors import IsacError

LARGEST_TOML = 1 << 18
"""Bytes of a TOML file; ours have fewer than 2 ** 13."""

LARGEST_FILE = 1 << 31
"""Bytes of a file that a parameter names; such files are read in chunks."""

CHUNK = 1 << 16
"""Bytes that are read at once of a file that may be large."""

DEEPEST = 16
"""Tables and arrays inside each other in a TOML file."""

_MOST_BITS = 1024  # of an integer: longer ones cannot be printed
_LONGEST_KEY = 64
_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_PART}){{{_LONGEST_KEY}}}")


def open_plain(path: str | Path, limit: int) -> BinaryIO:
    """Open a file that may be large for reading in chunks; a link is not followed.

    Args:
        path: Where it is.
        limit: The most bytes that it may have.

    Raises:
        OSError: If it cannot be opened.
        IsacError: If it is a link, not a plain file, or larger than the limit.
    """
    path = Path(path)
    if path.is_symlink():
        raise IsacError(f"{path}: is a link; state the file itself")
    flags = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")  # a pipe must not wait
    descriptor = os.open(path, sum(getattr(os, name, 0) for name in flags))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise IsacError(f"{path}: is not a plain file")
        if status.st_size > limit:
            raise IsacError(f"{path}: is larger than the limit of {size_text(limit)}")
        return os.fdopen(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def hash_file(path: str | Path, limit: int) -> str:
    """Return the SHA-256 of a file's content in hexadecimal; a link is followed.

    Raises:
        OSError: If it cannot be read.
        IsacError: As for :func:`open_plain`.
    """
    result, left = hashlib.sha256(), limit
    with open_plain(os.path.realpath(path), limit) as file:
        while part := file.read(CHUNK):
            left -= len(part)
            if left < 0:  # files of /proc state no size
                raise IsacError(f"{path}: is larger than the limit of {size_text(limit)}")
            result.update(part)
    return result.hexdigest()


def read_bytes(path: str | Path, limit: int) -> bytes:
    """Return the content of a file.

    Args:
        path: Where it is; a link is followed.
        limit: The most bytes that it may have.

    Raises:
        OSError: If it cannot be read.
        IsacError: If it is not a plain file, or larger than the limit.
    """
    path = Path(path)
    if not stat.S_ISREG(path.stat().st_mode):
        raise IsacError(f"{path}: is not a plain file")
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > limit:
            raise IsacError(f"{path}: is larger than the limit of {size_text(limit)}")
        content = file.read(limit + 1)  # files of /proc state no size
    if len(content) > limit:
        raise IsacError(f"{path}: is larger than the limit of {size_text(limit)}")
    return content


def read_text(path: str | Path, limit: int) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark.

    Args:
        path: As for :func:`read_bytes`.
        limit: The most bytes that it may have.

    Raises:
        OSError: If it cannot be read.
        IsacError: If it is not a plain file, larger than the limit, or not UTF-8.
    """
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IsacError(f"{path}: not in UTF-8: {error}") from None


def read_toml(path: str | Path) -> dict[str, Any]:
    """Return the content of a TOML file: text, numbers, tables and arrays of these.

    Raises:
        OSError: If it cannot be read.
        IsacError: If it is not a plain file, too large, nested too deeply, or not TOML.
    """
    content = read_bytes(path, LARGEST_TOML)
    deep = IsacError(f"{path}: tables or arrays are nested more than {DEEPEST} deep")
    try:
        text = content.decode("utf-8-sig")
        if _LONG_KEY.search(text):  # tomllib takes quadratic time for such a key
            raise deep
        table = tomllib.loads(text)
    except IsacError:
        raise
    except RecursionError:
        raise deep from None
    except ValueError as error:  # not only TOMLDecodeError: numbers of thousands of digits too
        raise IsacError(f"{path}: not a TOML file: {error}") from None
    level: list[Any] = [table]
    for _ in range(DEEPEST):
        level = [each for parent in level for each in _children(parent)]
        for value in level:
            _refuse_odd(value, path)
    if any(isinstance(each, (dict, list)) for each in level):
        raise deep
    return table


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_odd(value: Any, path: str | Path) -> None:
    """Refuse values that no field takes and that some functions of Python cannot print."""
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise IsacError(
            f"{path}: an integer of {value.bit_length()} bits, the limit is {_MOST_BITS}"
        )
    if isinstance(value, (date, time)):
        raise IsacError(f"{path}: {value} is a date or a time, which nothing here takes")


def size_text(count: int) -> str:
    """Return a number of bytes as text."""
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return f"{count} bytes"
