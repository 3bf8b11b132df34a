"""Errors for Sentry and spans for OpenTelemetry. Each is loaded only if the environment asks for it."""
