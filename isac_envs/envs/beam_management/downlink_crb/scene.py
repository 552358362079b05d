"""Scene of ``isac/DownlinkCrb-v0``."""
