"""Plain arrays in files: the only format in which weights and checkpoints are read.

A file is an npz as written by :func:`numpy.savez`. Only this module reads it. It loads no objects,
and no array until its header, the size of its member and the size of the whole file agree.
"""

import io
import lzma
import math
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from isac_envs.errors import IsacError

Array = npt.NDArray[Any]

LARGEST = 1 << 30
"""Limit on the bytes of a file's arrays where the file itself is smaller."""

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_DAMAGED = (
    ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, OSError, MemoryError,
    EOFError, Warning, SyntaxError, struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
)  # fmt: skip


def write_arrays(path: str | Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays by name.

    Raises:
        OSError: If the file cannot be written.
    """
    np.savez(path, **arrays)  # type: ignore[arg-type]


def read_arrays(path: str | Path) -> dict[str, Array]:
    """Read the arrays of a file by name; nothing in the file can run code.

    Raises:
        OSError: If the file cannot be opened.
        IsacError: If it is not a file of plain arrays, or expands to more than :data:`LARGEST`.
    """
    path = Path(path)
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                expanded = sum(member.file_size for member in members)
                if expanded > max(LARGEST, path.stat().st_size):
                    raise IsacError(
                        f"{path}: expands to {expanded / 2**30:.4g} GiB, more than the limit of "
                        f"{LARGEST / 2**30:.4g} GiB"
                    )
                return {
                    member.filename.removesuffix(".npy"): _array(archive.read(member))
                    for member in members
                }
        except IsacError:
            raise
        except _DAMAGED as error:
            reason = " ".join(str(error).split())[:200]
            raise IsacError(f"{path}: does not hold plain arrays: {reason}") from None


def _array(content: bytes) -> Array:
    file = io.BytesIO(content)
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"unsupported array version {version}")
    shape, by_columns, dtype = _HEADERS[version](file)
    if dtype.hasobject or not dtype.itemsize:
        raise ValueError(f"unsupported array type {dtype}")
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or size != len(content) - file.tell():
        raise ValueError(f"the data do not fill the shape {shape}")
    flat = np.frombuffer(content, dtype, math.prod(shape), file.tell())
    order: Any = "F" if by_columns else "C"
    return flat.reshape(shape, order=order).copy(order=order)
