"""Proof that no code of a file ran, and that nothing outside of the sandbox was touched.

Code that runs leaves a mark; files outside are compared with what they were; and Python's audit
events tell of every file that is opened for writing, removed, renamed or linked elsewhere.
"""

import os
import sys
import tempfile
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.remove": 1, "os.rmdir": 1, "os.mkdir": 1, "os.truncate": 1, "os.rename": 2, "os.link": 2,
    "os.symlink": 2, "os.chmod": 1, "shutil.rmtree": 1,
}  # fmt: skip


class Mark:
    """Leaves a mark when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.mkdir, (self.path,))


class Canary:
    """A sandbox with things outside of it that must stay as they are.

    Args:
        root: An empty folder.
        caches: Folders that libraries keep caches in.
    """

    def __init__(self, root, caches=()):
        self.sandbox, self.outside = root / "sandbox", root / "outside"
        self.work, self.mark = self.sandbox / "work", root / "outside" / "code ran"
        self.temporary = self.sandbox / "temporary"
        for folder in (self.work, self.temporary, self.outside / "folder"):
            folder.mkdir(parents=True)
        (self.outside / "secret.txt").write_text("secret")
        (self.outside / "folder" / "000000000001.json").write_text("{}")
        for name in ("evil.py", "mine.py"):
            code = f"import os\nos.mkdir({str(self.mark)!r})\nThing = Model = os.mkdir\n"
            (self.work / name).write_text(code)
        self._before = self._state()
        self._allowed = tuple(str(Path(each).resolve()) for each in (self.sandbox, *caches))
        self._events, self._watching = [], False
        sys.addaudithook(self._hear)

    def __enter__(self):
        self._folder, self._path = Path.cwd(), list(sys.path)
        self._tempdir, tempfile.tempdir = tempfile.tempdir, str(self.temporary)
        os.chdir(self.work)
        sys.path.insert(0, "")
        self._watching = True
        return self

    def __exit__(self, *_):
        self._watching = False
        os.chdir(self._folder)
        sys.path[:] = self._path
        tempfile.tempdir = self._tempdir

    def harm(self):
        """Return what happened outside since the last call; empty if nothing did."""
        found, self._events = self._events, []
        if self.mark.exists():
            found.append("code ran")
            self.mark.rmdir()
        now = self._state()
        if now != self._before:
            found.append(f"outside: {sorted(set(now.items()) ^ set(self._before.items()))}")
            self._before = now
        return found

    def _state(self):
        state = {}
        for path in sorted(self.outside.rglob("*")):
            found = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            state[str(path)] = (content, found.st_mode, found.st_mtime_ns)
        return state

    def _hear(self, event, arguments):
        if not self._watching:
            return
        if event == "open":
            path, _, flags = arguments
            paths = (path,) if isinstance(flags, int) and flags & _WRITING else ()
        else:
            paths = arguments[: _CHANGES.get(event, 0)]
            paths = paths[-1:] if event == "os.symlink" else paths
        for path in paths:
            if isinstance(path, (str, bytes, os.PathLike)) and not self._is_allowed(path):
                self._events.append(f"{event} {path!r}")

    def _is_allowed(self, path):
        # Where a link stands it is looked through: only then a write goes elsewhere.
        place = os.path.realpath(os.fsdecode(path))
        return place.startswith(self._allowed) or place == os.devnull or "__pycache__" in place
