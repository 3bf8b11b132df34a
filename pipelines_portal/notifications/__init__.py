"""What people are told of: once for each batch, never for each task."""
