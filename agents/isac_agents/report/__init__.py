"""Reports of run folders: one page of HTML, and tables in Markdown.

What collects finished runs and shows them belongs here: figures, tables, the page. What is measured
or computed anew stands in ``evaluation``.
"""
