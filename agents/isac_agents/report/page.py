"""The page of a report: one HTML file that needs no other file."""

from collections.abc import Sequence
from importlib.resources import files

from isac_agents.evaluation.comparison import Cells
from isac_agents.report import study as tables
from isac_agents.report.figures import Figures
from isac_agents.report.study import Study
from isac_agents.text import plain
from isac_envs import __version__
from isac_envs.errors import IsacError


def html_page(study: Study, warnings: Sequence[str]) -> str:
    """Render the page.

    Args:
        study: Content of the page.
        warnings: Folders that were left out, with the reasons.

    Raises:
        IsacError: If jinja2 or matplotlib is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise IsacError('a report needs jinja2: pip install "isac-envs[report]"') from None
    figures = Figures(study.names())
    overall = study.overall()
    pairs = study.pairs()
    worlds = [
        {
            "title": world.title,
            "hash": world.agents[0].records[0].scenario_hash,
            "summary": world.model.summary,
            "versions": tables.version_text(world.agents),
            "caption": world.comparison.caption(max(len(a.records) for a in world.agents)),
            "curves": figures.curves(world),
            "pareto": figures.pareto(world),
            "scores": world.comparison.cells(),
            "objectives": tables.objective_cells(world),
            "runs": tables.run_cells(world),
        }
        for world in study.worlds
    ]
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda each: plain(each) if type(each) is str else each,
    )
    environment.filters["numeric"] = numeric
    template = files("isac_agents.report").joinpath("template.html").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        version=__version__,
        warnings=warnings,
        worlds=worlds,
        overall=tables.overall_cells(study),
        pairs=tables.pair_cells(study),
        figures={
            "overall": figures.overall(overall),
            "profiles": figures.profiles(overall),
            "pairs": figures.pairs(pairs),
        },
    )


def numeric(cells: Cells) -> list[bool]:
    """Return which columns hold only numbers."""
    columns, rows = cells
    return [all(_is_number(row[k]) for row in rows) for k in range(len(columns))]


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "") or "0")
    except ValueError:
        return False
    return True
