"""Several UAVs on one mission, each of which flies, looks and serves for itself."""
