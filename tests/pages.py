"""What tests ask of a page."""

import re
from datetime import datetime
from html import unescape
from typing import Any

from django.utils.html import strip_tags

from pipelines_portal.core.templatetags.times import short_time


def text_of(answer: Any) -> str:
    """Its HTML, with one space wherever it has some."""
    return " ".join(answer.content.decode().split())


def words_of(answer: Any) -> str:
    """Return the text without tags. Each run of white space becomes one space."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def shown_time(value: datetime) -> str:
    """The time as a page prints it: the hour, with the day where that is not today."""
    return strip_tags(short_time(value))
