"""Notice the names that a template shows and does not know. Django shows nothing for them."""

from typing import Any

import pytest
from django.template import Context
from django.template.base import FilterExpression, Variable, VariableDoesNotExist

_resolve_expression, _resolve_variable = FilterExpression.resolve, Variable.resolve


class UnknownNames:
    """`found` are the names. What `{% if %}` and `{% for %}` ask for may be missing."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._may_be_missing = False

    def notice(self, patch: pytest.MonkeyPatch) -> None:
        def resolve_expression(expression: FilterExpression, context: Context, ignore_failures: bool = False) -> Any:
            before, self._may_be_missing = self._may_be_missing, ignore_failures
            try:
                return _resolve_expression(expression, context, ignore_failures)
            finally:
                self._may_be_missing = before

        def resolve_variable(variable: Variable, context: Context) -> Any:
            try:
                return _resolve_variable(variable, context)
            except VariableDoesNotExist:
                if not self._may_be_missing:
                    self.found.append(str(variable.var))
                raise

        self.found.clear()
        patch.setattr(FilterExpression, "resolve", resolve_expression)
        patch.setattr(Variable, "resolve", resolve_variable)
