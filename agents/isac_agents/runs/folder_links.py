"""Links in run folders: nothing is read or written through one, it may lead anywhere."""

import stat
from pathlib import Path

from isac_envs.errors import IsacError


def refuse_links(folder: str | Path, writing: bool = False) -> None:
    """Refuse a run folder in which a link, a pipe or a device stands where we read or write.

    The folder itself may be a link: the user named it.

    Args:
        folder: The folder.
        writing: Refuse files with a second name, too: what is written would appear there as well.

    Raises:
        IsacError: Naming the file.
        OSError: If the folder cannot be read.
    """
    for place in (Path(folder), Path(folder) / "checkpoints"):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode):
                continue
            if not stat.S_ISREG(found.st_mode):
                what = "a link" if stat.S_ISLNK(found.st_mode) else "neither file nor folder"
                raise IsacError(f"{path}: is {what}, a run folder holds only files and folders")
            if writing and found.st_nlink > 1:
                raise IsacError(f"{path}: has a second name elsewhere (a hard link), copy it first")


def refuse_linked(folder: Path, root: Path) -> None:
    """Refuse a folder below a root that is a link, or stands below one.

    Raises:
        IsacError: Naming the link.
    """
    while folder != root and folder != folder.parent:
        if folder.is_symlink():
            raise IsacError(f"{folder}: is a link, and nothing is written through one")
        folder = folder.parent
