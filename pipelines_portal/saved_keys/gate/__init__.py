"""What holds the calls of one key back, for all processes: pauses, rejection, the budget of reading."""
