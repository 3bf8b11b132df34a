"""Home, and the overview of each workflow."""
