"""What does not fit into the memory of this machine is refused before it is allocated."""

import os

from isac_envs.errors import IsacError

_UNKNOWN = 16 << 30  # where the system does not say


def limit() -> int:
    """Return the bytes of this machine's memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN


def refuse_beyond(what: str, size: int) -> None:
    """Refuse what needs more bytes than the machine has.

    Raises:
        IsacError: With both numbers.
    """
    most = limit()
    if size > most:
        raise IsacError(
            f"{what} need {size / 2**30:.4g} GiB of memory, more than the limit of "
            f"{most / 2**30:.4g} GiB that this machine has"
        )
