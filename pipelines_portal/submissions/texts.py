"""Texts about submissions that stand in several places."""

# Reasons of an outcome
DISAGREES = "Pipelines’ answer contradicts itself, so we don’t know which rows became tasks."
RESTORED = "The portal was restored from a backup. This may have been sent after the backup was made."
NOTHING_CREATED = "Nothing was created."

# Messages to people
CLAIMED_BY_OTHERS = "One of these tasks was just confirmed elsewhere. Check again."
DECIDED_BY_OTHERS = "Someone else has already decided this."
