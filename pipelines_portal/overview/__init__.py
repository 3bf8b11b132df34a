"""How workflows are doing: home across them, and the overview of each."""
