"""What both programs, or several rooms of one, count where it happens."""

from prometheus_client import Counter

ROWS_SENT = Counter("pipelines_rows_sent", "Rows that went to the API, by what is known of them.", ["outcome"])
UPLOADS_ENDED = Counter("pipelines_uploads_ended", "Archives that came to their end.", ["end"])
CALLERS_HELD = Counter("pipelines_callers_held", "Requests answered with 429, by who was to wait.", ["caller"])
