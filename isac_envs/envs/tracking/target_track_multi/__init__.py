"""``isac/TargetTrackMulti-v0``: several base stations share a field of targets."""
