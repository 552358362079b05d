"""Cells: base stations, users and resources, with interference between cells and between beams."""
