"""The user's seal, which tells what this user has written here from what anybody may have written.

A hash in a file finds damage, and everybody can compute it anew. A seal needs a key, which stands
in the user's folder of settings and in no run folder. What bears the seal is believed: the state in
a checkpoint goes on in compiled code that checks no index, and kept results are not played again.
"""

import hmac
import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from isac_agents.text import note

KEY = "seal.key"

_BYTES = 32
_held: list[bytes] = []  # the key of this process, from its first use on


def key_file() -> Path:
    """Return where the key is kept."""
    from numba.misc.appdirs import AppDirs

    return Path(AppDirs("isac-envs", appauthor=False).user_config_dir) / KEY


def key() -> bytes:
    """Return the user's key, which is made at the first use.

    Where it cannot be kept, the key is good for this process and those that it starts, and the
    user is told so.
    """
    if not _held:
        try:
            _held.append(_kept(key_file()))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            note(f"{key_file()}: {reason}; what is written now will not be known as yours later")
            _held.append(bytes.fromhex(token_hex(_BYTES)))
    return _held[0]


def adopt(key: bytes) -> None:
    """Use the key of the user whose work this process does, wherever it runs."""
    _held[:] = [key]


def seal(purpose: str, content: str) -> str:
    """Return the seal of a content.

    Args:
        purpose: What the content is; a seal is good for one purpose.
        content: Text.
    """
    return hmac.new(key(), f"{purpose}\n{content}".encode(), "sha256").hexdigest()


def is_sealed(purpose: str, content: str, stated: object) -> bool:
    """Return whether a file states the user's seal of a content."""
    written = str(stated).encode(errors="replace")  # a file may state anything
    return hmac.compare_digest(seal(purpose, content).encode(), written)


def _kept(path: Path) -> bytes:
    """Return the key in a file, which is made if there is none; nobody else may read it.

    Raises:
        OSError: If the file can be neither read nor made.
        ValueError: If it holds no key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{KEY}.{token_hex(4)}")
        try:
            with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(f"{token_hex(_BYTES)}\n")
            with suppress(FileExistsError):  # another process was quicker
                os.link(made, path)
        finally:
            made.unlink(missing_ok=True)
    found = bytes.fromhex(path.read_text(encoding="ascii"))
    if len(found) != _BYTES:
        raise ValueError("holds no key, remove it")
    return found
