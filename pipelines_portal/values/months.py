"""The names of months, in English and German, with their short forms. Other words are no months."""

import re

_NAMES = (
    "january jan jänner januar jän",
    "february feb februar feber",
    "march mar märz mär mrz",
    "april apr",
    "may mai",
    "june jun juni",
    "july jul juli",
    "august aug",
    "september sep sept",
    "october oct oktober okt",
    "november nov",
    "december dec dezember dez",
)
MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
# Longer names come first, so that a name is matched as a whole.
MONTH = "|".join(map(re.escape, sorted(MONTHS, key=len, reverse=True)))
