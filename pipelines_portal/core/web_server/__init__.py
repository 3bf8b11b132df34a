"""The web server of both programs, based on waitress, which serves slow clients without a thread for each."""
