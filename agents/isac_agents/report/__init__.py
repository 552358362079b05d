"""Reports of run folders: one page of HTML, and tables in Markdown."""
