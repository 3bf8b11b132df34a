"""Handling of HTTP requests that both programs share."""
