"""Errors to Sentry and spans to OpenTelemetry. Neither is loaded unless the environment asks for it."""
