"""A whole number on a scale."""

from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms

from pipelines_portal.workflows.fields.base import Choices
from pipelines_portal.workflows.fields.circumstances import Circumstances
from pipelines_portal.workflows.fields.inputs import choice_field
from pipelines_portal.workflows.fields.numeric import Number
from pipelines_portal.workflows.fields.verdicts import Wrong


class Rating(Number):
    api_name, label_in_portal, label_in_files = "rating", "Rating", "Whole number"
    is_chosen = True
    room = (4, 4)
    kind_in_words, like = "a whole number", "4"
    inputmode, check = "numeric", "whole"

    @cached_property
    def scale(self) -> range | None:
        """The numbers of the scale if the hint names both ends and there are few."""
        low, high = self.limits
        if low is None or high is None or not low.is_integer() or not 0 <= high - low <= 10:
            return None
        return range(int(low), int(high) + 1)

    @property
    def offered(self) -> Choices:
        return [(str(number), str(number)) for number in self.scale or ()]

    @property
    def choices_in_files(self) -> list[Any]:
        return list(self.scale or ())

    def read(self, entered: Any, about: Circumstances) -> Any:
        value = super().read(entered, about)
        exact = Decimal(value)
        if exact != exact.to_integral_value():
            raise Wrong("whole", "Not whole", self.request)
        return value if isinstance(value, int) else int(exact)

    @property
    def help(self) -> str:
        return "" if self.scale else super().help

    def form_field(self) -> forms.Field:
        if not self.scale:
            return super().form_field()
        return choice_field(self.offered, blank="Not set", **self.labels())
