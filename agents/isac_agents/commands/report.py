"""``isac report``."""

from pathlib import Path
from typing import Annotated

import tyro

from isac_agents.commands.output import console
from isac_agents.text import one_line
from isac_envs.catalog import trust_modules as trust
from isac_envs.errors import IsacError


def report(
    folders: Annotated[tuple[Path, ...], tyro.conf.Positional],
    /,
    out: Path = Path("report.html"),
    markdown: Path | None = None,
    episodes: int | None = None,
    trust_modules: bool = False,
) -> None:
    """Make a self-contained HTML page about run folders, and optionally tables in Markdown.

    Results that the run folders lack are measured and stored. Damaged and unfinished runs are named
    and left out.

    Args:
        folders: Run folders, or folders of run folders such as runs/.
        out: File of the page.
        markdown: File of the same tables in Markdown.
        episodes: Held-out episodes; by default as many as the stored results have.
        trust_modules: Import the modules that the run folders name, registered or not; this runs
            their code.
    """
    trust(trust_modules)
    if not folders:
        raise IsacError("folders: name at least one run folder, or a folder of them such as runs/")
    if episodes is not None and episodes < 2:
        raise IsacError(f"episodes is {episodes}, must be at least 2")
    from isac_agents.progress import Progress
    from isac_agents.report.collect import collect, find
    from isac_agents.report.page import html_page
    from isac_agents.report.study import Study, markdown_page
    from isac_agents.runs.record import write_atomically

    warnings: list[str] = []

    def warn(text: str) -> None:
        warnings.append(text)
        console(stderr=True).print(f"isac: warning: {one_line(text)}", soft_wrap=True)

    with Progress():
        study = Study(tuple(collect(find(folders), episodes, warn)))
    page = html_page(study, warnings)
    write_atomically(out, lambda path: path.write_text(page, encoding="utf-8"))
    console().print(f"Written to {out}", soft_wrap=True)
    if markdown:
        text = markdown_page(study)
        write_atomically(markdown, lambda path: path.write_text(text, encoding="utf-8"))
        console().print(f"Written to {markdown}", soft_wrap=True)
