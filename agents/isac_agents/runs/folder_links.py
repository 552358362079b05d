"""Links in run folders: nothing is read or written through them, as they may lead anywhere."""

import stat
from pathlib import Path

from isac_envs.errors import IsacError


def refuse_links(folder: str | Path, writing: bool = False) -> None:
    """Refuse a run folder with a link, a pipe or a device in place of a file or folder.

    The folder itself may be a link: the user named it.

    Args:
        folder: The run folder.
        writing: Also refuse files with a second hard link, which writing would change elsewhere.

    Raises:
        IsacError: If there is one; the message names it.
        OSError: If the folder cannot be read.
    """
    for place in (Path(folder), Path(folder) / "checkpoints"):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode):
                continue
            if not stat.S_ISREG(found.st_mode):
                what = "a link" if stat.S_ISLNK(found.st_mode) else "neither file nor folder"
                raise IsacError(f"{path}: is {what}, run folders hold only files and folders")
            if writing and found.st_nlink > 1:
                raise IsacError(f"{path}: has a second name elsewhere (a hard link), copy it first")


def refuse_linked(folder: Path, root: Path) -> None:
    """Refuse a folder below a root that is a link, or lies below one.

    Raises:
        IsacError: If there is a link; the message names it.
    """
    while folder != root and folder != folder.parent:
        if folder.is_symlink():
            raise IsacError(f"{folder}: is a link, nothing is written through links")
        folder = folder.parent
