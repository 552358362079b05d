"""Mode, channel and power of a group of UAVs, by one controller."""
