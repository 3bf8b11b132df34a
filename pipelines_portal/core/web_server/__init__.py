"""The web server of both programs: waitress, which holds slow clients without giving them a thread."""
