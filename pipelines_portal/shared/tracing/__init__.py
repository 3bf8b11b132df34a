"""OpenTelemetry and Sentry, each only where the environment names where to send to: else neither is loaded."""
