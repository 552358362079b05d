"""Pointing, shaping and tracking beams that sense and communicate."""
