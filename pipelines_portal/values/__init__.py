"""What a typed text or a cell means, whichever way it came: numbers, dates and times, choices, rankings."""
