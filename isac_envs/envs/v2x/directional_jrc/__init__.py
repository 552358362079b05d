"""Directional joint radar and communication of several vehicles on a dual carriageway."""
