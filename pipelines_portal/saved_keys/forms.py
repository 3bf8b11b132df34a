import hashlib
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from pipelines_portal.accounts.models import User

from .models import SavedKey

PREFIX, LENGTH = "pk_live_", 48


def cleaned_key(pasted: str) -> str:
    """The key as pasted, spaces and a leading `Bearer ` off. Raises ValidationError with the exact reason (S19).

    No reason ever quotes the key.
    """
    key = re.sub(r"\s+", " ", pasted).strip()
    key = re.sub(r"^(authorization: ?)?bearer ", "", key, flags=re.IGNORECASE).replace(" ", "")
    reason = _fault(key)
    if reason:
        raise ValidationError(reason)
    return key


def _fault(key: str) -> str | None:
    if not key.startswith(PREFIX):
        return f"A key starts with {PREFIX}. This one does not. Check that it was copied whole."
    if len(key) != LENGTH:
        more_or_less = f"{LENGTH - len(key)} too few" if len(key) < LENGTH else f"{len(key) - LENGTH} too many"
        return f"A key has {LENGTH} characters. This one has {len(key)}: {more_or_less}."
    if not re.fullmatch(r"[0-9a-f]{40}", key.removeprefix(PREFIX)):
        return f"After {PREFIX} a key holds only the digits 0 to 9 and the letters a to f, in lower case."
    return None


class SavedKeyForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        label="Name",
        help_text="What you call it here, for example the organization's name.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    key = forms.CharField(
        label="Key",
        help_text="48 characters that start with pk_live_. It is encrypted, and never shown again.",
        # render_value stays off: a refused key is not sent back in the page.
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, owner: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        # The same key, saved before.
        self.twin: SavedKey | None = None

    def clean_key(self) -> str:
        key = cleaned_key(self.cleaned_data["key"])
        twin = SavedKey.objects.select_related("owner").filter(fingerprint=fingerprint(key)).first()
        if twin and (twin.owner_id != self.owner.pk or twin.can_be_opened):
            raise ValidationError(_already_here(twin, self.owner))
        self.twin = twin
        return key

    def save(self) -> SavedKey:
        """A new one; or the same one as before, where that can no longer be opened: its workflows stay."""
        key = self.cleaned_data["key"]
        saved = self.twin or SavedKey(owner=self.owner, fingerprint=fingerprint(key))
        saved.name = self.cleaned_data["name"]
        saved.seal(key)
        saved.save()
        return saved


def _already_here(twin: SavedKey, person: User) -> str:
    if twin.owner_id == person.pk:
        return f"You already saved this key, as “{twin.name}”."
    return f"This key is here already, as “{twin.name}”. Ask its owner, {twin.owner.email}, to share it with you."


def fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
