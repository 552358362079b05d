"""Agents for isac-envs: learners, evaluation, run folders and the ``isac`` command."""
