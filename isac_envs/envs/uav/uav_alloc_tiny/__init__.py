"""Two hovering UAVs with quantised batteries: small enough for an exact solution."""
