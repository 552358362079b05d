"""Plain arrays in files: the only form in which weights and checkpoints are read.

A file is an npz as :func:`numpy.savez` writes it. It is read by this module alone: no objects, and
no array before its header, the size of its member and the size of the whole are known to agree.
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
"""Bytes that the arrays of a file may take where that is more than the file itself has."""

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
    """Return the arrays of a file by name; nothing in the file can run code.

    Raises:
        OSError: If the file cannot be opened.
        IsacError: If it is no file of plain arrays, or expands to more than :data:`LARGEST`.
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
        raise ValueError(f"an array of version {version}")
    shape, by_columns, dtype = _HEADERS[version](file)
    if dtype.hasobject or not dtype.itemsize:
        raise ValueError(f"an array of {dtype}")
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or size != len(content) - file.tell():
        raise ValueError(f"an array of shape {shape} whose data are of another size")
    flat = np.frombuffer(content, dtype, math.prod(shape), file.tell())
    order: Any = "F" if by_columns else "C"
    return flat.reshape(shape, order=order).copy(order=order)
