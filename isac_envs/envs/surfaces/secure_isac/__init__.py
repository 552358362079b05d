"""A surface and artificial noise keep a message from an eavesdropper who is found by her echoes."""
