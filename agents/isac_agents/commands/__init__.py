"""The subcommands of ``isac``; each module imports what is heavy only inside its functions."""
