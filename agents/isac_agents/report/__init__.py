"""Reports of run folders: one page of HTML, and tables in Markdown.

Code that collects finished runs and shows them belongs here: figures, tables, the page.
Measurements are in ``evaluation``.
"""
