"""Sphinx configuration."""

import re

from isac_envs import __version__

project = "isac-envs"
author = "isac-envs developers"
copyright = "2026, isac-envs developers"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
exclude_patterns = ["_build"]
mathjax_path = "https://cdn.jsdelivr.net/npm/mathjax@4/tex-mml-chtml.js"  # 3 breaks no long lines
myst_enable_extensions = ["attrs_block", "dollarmath"]
myst_dmath_allow_digits = False  # "$5 and $6" is money
myst_heading_anchors = 3
autodoc_typehints = "none"
autodoc_member_order = "bysource"


def _keep_bars(_app, _what, _name, _object, _options, lines):
    """Let |x| in formulas stand for a magnitude, not for a substitution, outside of literals."""
    for i, line in enumerate(lines):
        parts = line.split("``")
        parts[::2] = [each.replace("|", r"\|") for each in parts[::2]]
        lines[i] = "``".join(parts)


def _link_papers(_app, _what, _name, _object, _options, lines):
    """Make a link of each arXiv number, also of one on the line after the word."""
    paper = r"\barXiv(?:[: ]|\n\s*)(\d{4}\.\d{4,5})"
    text = re.sub(paper, r"`arXiv \1 <https://arxiv.org/abs/\1>`__", "\n".join(lines))
    lines[:] = text.split("\n")


def setup(app):
    """Connect to Sphinx."""
    app.connect("autodoc-process-docstring", _keep_bars)
    app.connect("autodoc-process-docstring", _link_papers)
