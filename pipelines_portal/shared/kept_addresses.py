"""`{% url %}` and `{% static %}` as Django has them, each address made once: those of a page took a tenth of it."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django import template
from django.template import Context
from django.template.base import FilterExpression, Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as plain_url
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

register = template.Library()
# Of these, equal values are the same text.
PLAIN = (int, str, SafeString, UUID)
MOST_KEPT = 8192


class KeptURLNode(URLNode):
    """One that stands in a page as it is; the others are left to Django."""

    args: list[FilterExpression]

    def render(self, context: Context) -> SafeString:
        args = [arg.resolve(context) for arg in self.args]
        if self.kwargs or self.asvar or not context.autoescape or any(type(arg) not in PLAIN for arg in args):
            return SafeString(super().render(context))
        return _address(get_script_prefix(), self.view_name.resolve(context), *args)


@lru_cache(MOST_KEPT, typed=True)
def _address(prefix: str, name: str, *args: Any) -> SafeString:
    """Under `prefix`, which `reverse` puts in front. Raises NoReverseMatch."""
    return escape(reverse(name, args=args))


@register.tag
def url(parser: Parser, token: Token) -> KeptURLNode:
    node = plain_url(parser, token)
    return KeptURLNode(node.view_name, node.args, node.kwargs, node.asvar)


class KeptStaticNode(StaticNode):
    handle_simple = staticmethod(lru_cache(MOST_KEPT)(StaticNode.handle_simple))


@register.tag
def static(parser: Parser, token: Token) -> StaticNode:
    return KeptStaticNode.handle_token(parser, token)
