"""Vehicles sense and upload what an edge builds its views of a cyber-physical system from."""
