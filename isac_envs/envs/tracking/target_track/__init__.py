"""``isac/TargetTrack-v0``: one base station serves users, and finds and tracks what moves."""
