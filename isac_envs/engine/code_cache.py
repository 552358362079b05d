"""Machine code on disk, filed by what a function computes.

Numba files machine code by the path of a source file and checks that this one file is unchanged.
So an edited callee in another file would leave stale code in use, and each checkout of one package
would compile everything again. Here the key of a file is a hash over the function, all its callees,
the constants that it reads, the types of its arguments, the processor and the versions
of the compilers. An edit recompiles only what it affects, equal sources share their machine code
wherever they are installed, and changed comments recompile nothing.
"""

import functools
import hashlib
import os
import pickle
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FunctionType
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core import caching, compiler, config, sigutils
from numba.core.serialize import dumps
from numba.core.types.containers import BaseTuple
from numba.misc.appdirs import AppDirs

from isac_envs.engine.fingerprint import content_hash, fingerprint

UNUSED_DAYS = 60
"""Machine code that was not loaded for this many days is removed."""

_SETTINGS = (config.OPT, config.LOOP_VECTORIZE, config.SLP_VECTORIZE, config.DEBUGINFO_DEFAULT)
_FORM = 2  # of the files: functions are named by their content
_VERSIONS = (_FORM, numba.__version__, llvmlite.__version__, np.__version__, sys.version_info[:2])

_awaited: list["_Compilation"] = []  # what is about to be loaded or compiled, innermost last


def folder() -> Path:
    """Return the folder of machine code: ``NUMBA_CACHE_DIR``, or the user's cache folder."""
    return Path(config.CACHE_DIR or AppDirs("isac-envs", appauthor=False).user_cache_dir)


def is_writable() -> bool:
    """Return whether machine code can be stored there."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder()).close()
    except OSError:
        return False
    return True


@contextmanager
def announced(name: str) -> Iterator[None]:
    """Report on stderr that something is compiled, if it is, and how long that took.

    Args:
        name: Name that the user knows, such as the id of an environment.
    """
    _awaited.append(_Compilation(name))
    try:
        yield
    finally:
        _awaited.pop().end()


class _Compilation:
    def __init__(self, name: str) -> None:
        self.name, self.began = name, 0.0

    def begin(self) -> None:
        if not self.began:
            self.began = time.monotonic()
            words = f"compiling {self.name}, once for this machine ... "
            print(words, end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.began:
            print(f"{time.monotonic() - self.began:.1f} s", file=sys.stderr, flush=True)


def described(kind: Any) -> str:
    """Return a type in words that hold its whole layout.

    Numba's own leave out the names of a named tuple's fields: two that are exchanged would go
    unnoticed.
    """
    if isinstance(kind, BaseTuple):
        names = getattr(kind, "fields", ("",) * len(kind))
        parts = (f"{name}: {described(each)}" for name, each in zip(names, kind, strict=True))
        return f"{getattr(kind, 'instance_class', tuple).__name__}({', '.join(parts)})"
    return str(kind)


class CodeCache(caching._Cache):  # type: ignore[misc]
    """Numba's interface of a cache, for one function.

    Args:
        function: Function to compile.
        options: Target options.
        library: Class of loaded libraries; Numba's own by default.
    """

    def __init__(
        self, function: FunctionType, options: dict[str, Any], library: type | None = None
    ) -> None:
        self._function, self._options = function, tuple(sorted(options.items()))
        self._enabled, self._library = True, library

    @property
    def cache_path(self) -> str:
        """Folder of the files."""
        return str(folder())

    def enable(self) -> None:
        """Use the files."""
        self._enabled = True

    def disable(self) -> None:
        """Neither read nor write files."""
        self._enabled = False

    def flush(self) -> None:
        """Do nothing: a key is never used for other machine code."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return machine code for the types of the arguments, None if there is none.

        A damaged file counts as none; the recompiled one replaces it.
        """
        target_context.refresh()
        if not self._enabled:
            return None
        path = self._path(sig, target_context.codegen())
        found = None
        if (payload := _read(path)) is not None:
            with suppress(Exception), self._own_library(target_context.codegen()):
                # whatever a file holds, the function can be compiled again
                found = compiler.CompileResult._rebuild(target_context, *pickle.loads(payload))
        if found is None and _awaited:
            _awaited[-1].begin()
        return found

    @contextmanager
    def _own_library(self, codegen: Any) -> Iterator[None]:
        """Let Numba make libraries of the class of this cache."""
        usual = codegen._library_class
        codegen._library_class = self._library or usual
        try:
            yield
        finally:
            codegen._library_class = usual

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store machine code; if that fails, warn once and continue."""
        if not self._enabled or data.library.has_dynamic_globals:
            return
        try:
            _write(self._path(sig, data.codegen), dumps(data._reduce()))
            _remove_unused()
        except OSError as error:
            _warn_once(str(folder()), error.strerror or str(error))

    def _path(self, sig: Any, codegen: Any) -> Path:
        arguments, _ = sigutils.normalize_signature(sig)
        target = (codegen.magic_tuple(), tuple(map(described, arguments)), self._options)
        key = content_hash(
            repr((_VERSIONS, _SETTINGS, target, fingerprint(self._function))).encode()
        )
        name = f"{self._function.__module__.rpartition('.')[2]}.{self._function.__name__}"
        return folder() / f"{name}-{key[:40]}.nbc"


def _read(path: Path) -> bytes | None:
    """Read the content of a file after its checksum; None if missing or damaged."""
    try:
        content = path.read_bytes()
        if time.time() - path.stat().st_mtime > 86400.0:
            os.utime(path)
    except OSError:
        return None
    checksum, payload = content[:32], content[32:]
    return payload if hashlib.sha256(payload).digest() == checksum else None


def _write(path: Path, payload: bytes) -> None:
    """Write a file completely or not at all, its checksum first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(hashlib.sha256(payload).digest() + payload)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


@functools.cache
def _remove_unused() -> None:
    """Remove files that were not used for long, once per process."""
    oldest = time.time() - 86400.0 * UNUSED_DAYS
    for pattern in ("*.nbc", "*.tmp"):
        for path in folder().glob(pattern):
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


@functools.cache
def _warn_once(where: str, reason: str) -> None:
    warnings.warn(
        f"compiled kernels cannot be kept in {where} ({reason}), every process compiles them "
        f"again; set NUMBA_CACHE_DIR to a folder that can be written to",
        RuntimeWarning,
        stacklevel=2,
    )
