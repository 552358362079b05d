"""Where measured tables go: between two markers of a Markdown file."""

from pathlib import Path

README = Path(__file__).parent / "README.md"


def read(section: str, page: Path = README) -> str:
    """Return what stands between the markers of a section.

    Raises:
        ValueError: If the page has no such markers.
    """
    return _parts(section, page)[1]


def write(section: str, text: str, page: Path = README) -> None:
    """Replace what stands between the markers of a section.

    Raises:
        ValueError: If the page has no such markers.
    """
    before, _, after = _parts(section, page)
    page.write_text(f"{before}\n\n{text.strip()}\n\n{after}")


def _parts(section: str, page: Path) -> tuple[str, str, str]:
    """Return the page up to the first marker, what is between, and from the second on."""
    start, end = f"<!-- {section}: start -->", f"<!-- {section}: end -->"
    before, found, rest = page.read_text().partition(start)
    middle, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page} has no section {section!r}")
    return before + start, middle, end + after
