"""The days that were written down. A race that was found becomes one of them, before it is mended."""

from tests.simulation.days import forms, imports, uploads

DAYS = (*forms.DAYS, *imports.DAYS, *uploads.DAYS)
