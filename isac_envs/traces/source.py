"""The bytes and lines of a trace, unpacked where it is packed, within limits."""

import codecs
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from isac_envs.errors import IsacError, TraceError
from isac_envs.files import CHUNK, LARGEST_FILE, open_plain, size_text

LONGEST_LINE = 1 << 16
"""Characters of a line, and bytes of a tag, at most."""

_GZIP = b"\x1f\x8b"
_HEADER_OR_NONE = 31  # of zlib: a gzip header, and the largest window


def chunks(path: str, limit: int = LARGEST_FILE) -> Iterator[bytes]:
    """Yield the content of a file in small parts; what begins like gzip is unpacked.

    Args:
        path: The file.
        limit: The most bytes that it may have, packed and unpacked.

    Raises:
        TraceError: If it is no plain file, cannot be read, is damaged, or is too large.
    """
    total = 0
    try:
        with open_plain(path, limit) as file:
            head = file.read(CHUNK)
            for part in _unpacked(file, head, path) if head[:2] == _GZIP else _plain(file, head):
                total += len(part)
                if total > limit:
                    raise TraceError(f"{path}: has more than the limit of {size_text(limit)}")
                yield part
    except TraceError:
        raise
    except IsacError as error:
        raise TraceError(str(error)) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a zero
        raise TraceError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _plain(file: BinaryIO, head: bytes) -> Iterator[bytes]:
    while head:
        yield head
        head = file.read(CHUNK)


def _unpacked(file: BinaryIO, packed: bytes, path: str) -> Iterator[bytes]:
    """Yield the content of a gzip file, which may have several members."""
    unpacking = zlib.decompressobj(_HEADER_OR_NONE)
    try:
        while packed or (packed := file.read(CHUNK)):
            if unpacking.eof:
                unpacking = zlib.decompressobj(_HEADER_OR_NONE)
            if part := unpacking.decompress(packed, CHUNK):
                yield part
            packed = unpacking.unused_data if unpacking.eof else unpacking.unconsumed_tail
    except zlib.error as error:
        raise TraceError(f"{path}: damaged gzip data: {error}") from None
    if not unpacking.eof:
        raise TraceError(f"{path}: gzip data ends too early")


def lines(path: str, parts: Iterator[bytes]) -> Iterator[str]:
    """Yield the lines of a text in UTF-8, with or without a byte order mark.

    Args:
        path: The file, for messages.
        parts: Its content.

    Raises:
        TraceError: If it is not UTF-8, or a line is too long.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest, number = "", 1
    for part in parts:
        try:
            *whole, rest = (rest + decoder.decode(part)).split("\n")
        except UnicodeDecodeError as error:
            line = number + part[: error.start].count(b"\n")
            raise TraceError(f"{path}, line {line}: not in UTF-8: {error.reason}") from None
        for each in whole:
            yield each + "\n"
        number += len(whole)
        if len(rest) > LONGEST_LINE:
            raise TraceError(f"{path}, line {number}: has more than {LONGEST_LINE} characters")
    try:
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        raise TraceError(f"{path}, line {number}: not in UTF-8: {error.reason}") from None
    if rest:
        yield rest
