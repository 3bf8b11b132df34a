"""Search in what was sent, by words, person, day and status."""
