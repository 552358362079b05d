"""A UAV that serves users, senses targets and comes home on its battery."""
