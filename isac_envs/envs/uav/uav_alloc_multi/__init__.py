"""Mode, channel and power of a group of UAVs, each of which decides for itself."""
