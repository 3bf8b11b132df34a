"""Pieces of pages that are written once for all who see the same in them."""

from collections.abc import Hashable
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


# Some kilobytes each.
@lru_cache(maxsize=500)
def fragment(template: str, **values: Hashable) -> SafeString:
    """`template` knows of nothing but `values`: equal ones make an equal piece, for whoever looks."""
    return render_to_string(template, values)
