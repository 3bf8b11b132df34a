"""What both programs count of themselves, and how it is read: Prometheus' text, of all that share a folder."""
