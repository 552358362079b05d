"""Sphinx configuration."""

from isac_envs import __version__

project = "isac-envs"
author = "isac-envs developers"
copyright = "2026, isac-envs developers"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
autodoc_typehints = "none"
autodoc_member_order = "bysource"
