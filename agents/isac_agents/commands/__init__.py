"""The subcommands of ``isac``, one module each.

Arguments, messages and the form of the output belong here, and no work of their own. A module
imports what is heavy only inside its functions, so that ``isac list`` answers at once.
"""
