"""Unmanned aerial vehicles that sense and communicate."""
