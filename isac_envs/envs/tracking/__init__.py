"""Detection and tracking of targets with the echoes of a base station."""
