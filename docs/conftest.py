"""Runs the Python examples of the documentation as tests.

A page is one test, since its examples build on each other and tests may run in different processes.
"""

from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

SYBIL = Sybil(parsers=[PythonCodeBlockParser()])
GENERATED = Path(__file__).parent / "environments"


class Page(pytest.Item):
    """The examples of a page, in their order."""

    def runtest(self) -> None:
        """Run them."""
        for example in SYBIL.parse(self.path).examples():
            example.evaluate()


class PageFile(pytest.File):
    """A page."""

    def collect(self) -> Any:
        """Yield its test, where it has examples."""
        if "```python" in self.path.read_text(encoding="utf-8"):
            yield Page.from_parent(self, name="examples")


def pytest_collect_file(file_path: Path, parent: Any) -> Any:
    """Collect pages written by hand."""
    if file_path.suffix == ".md" and GENERATED not in file_path.parents:
        return PageFile.from_parent(parent, path=file_path)
    return None
