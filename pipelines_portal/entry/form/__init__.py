"""Entering tasks one by one: the form, its drafts, presets and pins."""
