"""Cells that serve users."""
