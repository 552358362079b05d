"""The user's seal, which marks files that this user has written on this machine.

A hash in a file detects damage, but anybody can compute one. A seal needs a key, which is in the
user's settings folder and in no run folder. Sealed content is trusted: compiled code uses the state
of a checkpoint without index checks, and stored results are not played again.
"""

import hmac
import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from isac_agents.text import note

KEY = "seal.key"

_BYTES = 32
_held: list[bytes] = []  # the key of this process, set at first use


def key_file() -> Path:
    """Return the path of the key."""
    from numba.misc.appdirs import AppDirs

    return Path(AppDirs("isac-envs", appauthor=False).user_config_dir) / KEY


def key() -> bytes:
    """Return the user's key, creating it at first use.

    If the key cannot be stored, it is valid for this process and its children only, and the user is
    notified.
    """
    if not _held:
        try:
            _held.append(_kept(key_file()))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            note(f"{key_file()}: {reason}; files written now will not be recognised as yours later")
            _held.append(bytes.fromhex(token_hex(_BYTES)))
    return _held[0]


def adopt(key: bytes) -> None:
    """Use the key of the user that this process works for, on any machine."""
    _held[:] = [key]


def seal(purpose: str, content: str) -> str:
    """Compute the seal of a text.

    Args:
        purpose: Kind of the content; a seal is valid for one purpose.
        content: Text to seal.
    """
    return hmac.new(key(), f"{purpose}\n{content}".encode(), "sha256").hexdigest()


def is_sealed(purpose: str, content: str, stated: object) -> bool:
    """Return whether a file contains the user's seal of its content.

    Args:
        purpose: Kind of the content.
        content: Text to check.
        stated: Seal found in the file; any value.
    """
    written = str(stated).encode(errors="replace")  # a file may state anything
    return hmac.compare_digest(seal(purpose, content).encode(), written)


def _kept(path: Path) -> bytes:
    """Read the key from a file, or create it, readable for its owner only.

    Raises:
        OSError: If the file can be neither read nor created.
        ValueError: If it does not hold a key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{KEY}.{token_hex(4)}")
        try:
            with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(f"{token_hex(_BYTES)}\n")
            with suppress(FileExistsError):  # another process was faster
                os.link(made, path)
        finally:
            made.unlink(missing_ok=True)
    found = bytes.fromhex(path.read_text(encoding="ascii"))
    if len(found) != _BYTES:
        raise ValueError("does not hold a key, remove it")
    return found
