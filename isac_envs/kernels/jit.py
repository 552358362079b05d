"""The one decorator of every compiled function, and where its machine code is kept.

Numba stamps a cached function with a hash of its own file, so an edit of a callee in another file
leaves the caller's stale machine code in use. Functions decorated here are stamped with one hash
over all sources of this package, plus those beside the function when it is defined elsewhere.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numba import config, njit
from numba.core import caching

Function = TypeVar("Function", bound=Callable[..., Any])

Record: TypeAlias = Any
"""One element of a NumPy record array: its fields are attributes, compiled and interpreted."""

PACKAGE = Path(__file__).resolve().parents[1]
INTERPRETED = bool(config.DISABLE_JIT)


def jit(function: Function) -> Function:
    """Compile a kernel: IEEE semantics, divisions without checks, machine code kept on disk.

    ``error_model="numpy"`` lets loops vectorise (no branch for each division); fast-math stays off
    because results must not depend on how a loop was split. The GIL is released, so that threads
    can share a batch. With ``NUMBA_DISABLE_JIT=1`` the same function runs interpreted.
    """
    return _compile(function, inline="never")


def inlined(function: Function) -> Function:
    """Like :func:`jit`, and merged into every caller before optimisation.

    For the scalar functions that a batch loop calls for each copy: a call of its own would pass
    array views with their reference counts, which costs more than the work inside.
    """
    return _compile(function, inline="always")


def record(*fields: tuple[Any, ...]) -> np.dtype[Any]:
    """Return the dtype of an aligned record whose fields are attributes in both modes.

    Args:
        *fields: ``(name, format)`` or ``(name, format, shape)``, as for :class:`numpy.dtype`.

    Raises:
        ValueError: If NumPy's records have such an attribute: interpreted kernels would read that.
    """
    for name, *_ in fields:
        if hasattr(np.record, name):
            raise ValueError(f"{name!r} cannot be a field: NumPy's records have such an attribute")
    return np.dtype((np.record, np.dtype(list(fields), align=True)))


def _compile(function: Function, inline: str) -> Function:
    if INTERPRETED:
        return _interpreted(function)
    options = {"error_model": "numpy", "nogil": True, "inline": inline}
    with _package_locator():
        try:
            compiled: Function = njit(cache=True, **options)(function)
        except RuntimeError:  # no folder of this machine can be written to
            compiled = njit(**options)(function)
    return compiled


def _interpreted(function: Function) -> Function:
    """Give an interpreted kernel the compiled one's silence: integers wrap, x / 0 is infinite."""

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments)

    return call  # type: ignore[return-value]


@functools.cache
def source_stamp(folder: Path) -> str:
    """Hash every Python source below a folder (names and contents)."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


class PackageLocator(caching.UserWideCacheLocator):  # type: ignore[misc]
    """Keeps machine code in the user's cache folder (or ``NUMBA_CACHE_DIR``), stamped as above."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        if config.CACHE_DIR:
            self._cache_path = str(Path(config.CACHE_DIR) / self.get_suitable_cache_subpath(file))
        self._folder = Path(file).resolve().parent

    def get_source_stamp(self) -> str:
        """Return the hash that must match for cached machine code to be used."""
        stamp = source_stamp(PACKAGE)
        outside = not self._folder.is_relative_to(PACKAGE)
        return stamp + source_stamp(self._folder) if outside else stamp

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "PackageLocator | None":
        """Return a locator, or None where no file or no writable folder exists."""
        if not Path(file).is_file():
            return None
        locator = cls(function, file)
        try:
            locator.ensure_cache_path()
        except OSError:
            return None
        return locator


@contextmanager
def _package_locator() -> Iterator[None]:
    """Use our locator alone while one function is decorated; other libraries keep theirs.

    Numba's own would keep machine code beside the sources, stamped with a single file.
    """
    before = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = f"{__name__}.{PackageLocator.__name__}"
    try:
        yield
    finally:
        config.CACHE_LOCATOR_CLASSES = before
