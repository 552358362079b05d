"""Where measured tables go: between two markers of a Markdown file."""

from pathlib import Path

README = Path(__file__).parent / "README.md"


def write(section: str, text: str, page: Path = README) -> None:
    """Replace what stands between the markers of a section.

    Raises:
        ValueError: If the page has no such markers.
    """
    start, end = f"<!-- {section}: start -->", f"<!-- {section}: end -->"
    before, found, rest = page.read_text().partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page} has no section {section!r}")
    page.write_text(f"{before}{start}\n\n{text.strip()}\n\n{end}{after}")
