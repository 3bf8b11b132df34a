"""Sessions: where they are kept, which are open, when they end."""
