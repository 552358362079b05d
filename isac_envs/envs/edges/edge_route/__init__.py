"""One vehicle that chooses its road and its server: small enough for an exact solution."""
