"""How the API's clock stands to this machine's, by what its answers say of the day."""

import logging
import time
from email.utils import parsedate_to_datetime

# Read at most so often: it hardly changes.
SECONDS_BETWEEN_LOOKS = 5.0
# An answer tells whole seconds, and was on its way for some.
NOTICED_SECONDS = 120
logger = logging.getLogger(__name__)


class ApiClock:
    def __init__(self) -> None:
        # Seconds that the API is ahead; 0.0 for what is not worth a word.
        self.ahead = 0.0
        self._looked_at = float("-inf")

    def look_at(self, date: str | None) -> None:
        """The `Date` of an answer. One that cannot be read says nothing."""
        now = time.monotonic()
        if not date or now - self._looked_at < SECONDS_BETWEEN_LOOKS:
            return
        self._looked_at = now
        try:
            ahead = parsedate_to_datetime(date).timestamp() - time.time()
        except (ValueError, OverflowError):
            return
        was_ahead, self.ahead = self.ahead, ahead if abs(ahead) >= NOTICED_SECONDS else 0.0
        if self.ahead and not was_ahead:
            logger.warning("The clock of this machine and the API's are %d s apart: look at both", abs(ahead))
