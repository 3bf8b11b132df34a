"""What the API cannot be asked: how the tasks of workflows that somebody watches stand, read by walking."""
