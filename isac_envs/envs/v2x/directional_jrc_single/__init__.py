"""Directional joint radar and communication of one learning vehicle among partners."""
