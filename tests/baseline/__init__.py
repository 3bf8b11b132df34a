"""Show that what the tests caught before, they still catch: `python -m tests.baseline`."""
