"""The form that creates one task, with its drafts, presets and pinned fields."""
