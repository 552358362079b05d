"""The subcommands of ``isac``, one module each.

Arguments, messages and output formats belong here; the work itself is done elsewhere. Heavy imports
are inside the functions, so that ``isac list`` responds immediately.
"""
