"""Indexes of the tasks of watched workflows, read in the background because the API does not count tasks."""
