"""The forms about keys."""

import re
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.keys import texts
from pipelines_portal.keys.expiry import Expiry
from pipelines_portal.keys.models import SavedKey, can_own_keys, fingerprint
from pipelines_portal.web.form_fields import KeylessField, NameField

# A select shows this many teams well.
MOST_TEAMS = 200
PREFIX, LENGTH = "pk_live_", 48
# The longest lifetime of a key that the API offers.
LONGEST_LIFETIME_DAYS = 365
EXPIRY_CHOICES = [
    ("", "Not known (no reminder)"),
    *((each.value, each.label) for each in (Expiry.DAYS_30, Expiry.DAYS_90, Expiry.YEAR, Expiry.NEVER)),
]
KEY_ATTRIBUTES = {"autocomplete": "off", "spellcheck": "false"}


def clean_key_text(pasted: str) -> str:
    """Return the pasted key without spaces and a leading `Bearer `. Raises ValidationError with the exact reason (S19).

    No reason quotes the key.
    """
    key = re.sub(r"\s+", " ", pasted).strip()
    key = re.sub(r"^(authorization: ?)?bearer ", "", key, flags=re.IGNORECASE).replace(" ", "")
    reason = _problem(key)
    if reason:
        raise ValidationError(reason)
    return key


def _problem(key: str) -> str | None:
    if not key.startswith(PREFIX):
        return "This isn’t an API key. Keys start with pk_live_."
    if len(key) != LENGTH:
        return texts.wrong_length(LENGTH - len(key))
    if not re.fullmatch(r"[0-9a-f]{40}", key.removeprefix(PREFIX)):
        return "Use only the digits 0 to 9 and the letters a to f after pk_live_. Copy the key again."
    return None


class SavedKeyForm(forms.Form):
    name = NameField(
        max_length=100,
        label="Name",
        help_text="For example: Acme Labeling",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    key = forms.CharField(
        label="API key",
        help_text="Starts with pk_live_. Stored encrypted; never shown again.",
        # After an error the page keeps it: Pipelines shows a key only once.
        widget=forms.PasswordInput(KEY_ATTRIBUTES, render_value=True),
    )

    expiry = forms.ChoiceField(
        choices=EXPIRY_CHOICES,
        required=False,
        label="Expires",
        help_text="We’ll remind you before it expires.",
    )

    def __init__(self, owner: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        # The same key, saved before by the same person, which can no longer be decrypted.
        self.duplicate: SavedKey | None = None

    def clean_key(self) -> str:
        key = clean_key_text(self.cleaned_data["key"])
        duplicate = _find_duplicate(key)
        if duplicate and (duplicate.owner_id != self.owner.pk or duplicate.can_be_decrypted):
            raise ValidationError(texts.already_saved(duplicate, self.owner.pk))
        self.duplicate = duplicate
        return key

    def clean(self) -> None:
        name = self.cleaned_data.get("name")
        if name and "key" not in self.errors and _has_key_named(name, self.owner.pk, self.duplicate):
            self.add_error("name", texts.name_taken(name))

    def add_conflict(self) -> None:
        """Add the error of a key that somebody saved, transferred or removed since the form was checked."""
        duplicate = _find_duplicate(self.cleaned_data["key"])
        self.add_error(
            "key",
            texts.already_saved(duplicate, self.owner.pk)
            if duplicate
            else "This key was just removed from the portal. Add it again.",
        )


def _find_duplicate(key: str) -> SavedKey | None:
    return SavedKey.objects.select_related("owner").filter(fingerprint=fingerprint(key)).first()


def _has_key_named(name: str, owner_id: int, but: SavedKey | None) -> bool:
    """Return whether the owner has a key of this name, besides the key `but`."""
    others = SavedKey.objects.filter(owner=owner_id, name__iexact=name)
    return others.exclude(pk=but.pk).exists() if but else others.exists()


class RenameKeyForm(forms.Form):
    name = NameField(max_length=100, label="Name", widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, key: SavedKey, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if _has_key_named(name, self.key.owner_id, self.key):
            raise ValidationError(texts.name_taken(name))
        return name


class KeyExpiryForm(forms.Form):
    expiry = forms.ChoiceField(choices=EXPIRY_CHOICES, required=False, label="Valid for")
    made_on = forms.DateField(
        required=False,
        label="Created in Pipelines on",
        help_text="The time counts from this day. Leave empty for today.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def clean_made_on(self) -> date | None:
        made_on: date | None = self.cleaned_data["made_on"]
        today = timezone.localdate()
        if made_on and not today - timedelta(days=LONGEST_LIFETIME_DAYS) <= made_on <= today:
            raise ValidationError("Enter a day in the last year, up to today.")
        return made_on


class ReplaceKeyForm(forms.Form):
    key = forms.CharField(
        label="New API key",
        widget=forms.PasswordInput(KEY_ATTRIBUTES, render_value=True),
    )
    expiry = forms.ChoiceField(choices=EXPIRY_CHOICES, required=False, label="Expires")

    def __init__(self, replaced: SavedKey, *args: Any, **kwargs: Any) -> None:
        # Another form on the page has a field `expiry`.
        super().__init__(*args, **{"auto_id": "id_new_%s"} | kwargs)
        self.replaced = replaced

    def clean_key(self) -> str:
        key = clean_key_text(self.cleaned_data["key"])
        duplicate = _find_duplicate(key)
        if duplicate and duplicate.pk == self.replaced.pk:
            raise ValidationError("Enter the new key. This is the current one.")
        if duplicate:
            raise ValidationError(texts.already_saved(duplicate, self.replaced.owner_id))
        return key


class ShareKeyForm(forms.Form):
    team = forms.ModelChoiceField(Team.objects.none(), required=False, label="Team", empty_label="No team")
    people = KeylessField(
        required=False,
        max_length=2000,
        label="Email addresses",
        help_text="Separate several with commas.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )

    def __init__(
        self, key: SavedKey, teams: QuerySet[Team], *args: Any, shown: list[Team] | None = None, **kwargs: Any
    ) -> None:
        """Take the first teams as `shown` if they were read already."""
        super().__init__(*args, **kwargs)
        self.key = key
        first = teams[:MOST_TEAMS] if shown is None else shown
        field = cast(forms.ModelChoiceField[Team], self.fields["team"])
        field.queryset = teams
        field.choices = [("", field.empty_label), *((team.pk, team.name) for team in first)]

    def clean_people(self) -> list[User]:
        emails = re.split(r"[\s,;]+", self.cleaned_data["people"].strip().lower())
        typed = [email for email in dict.fromkeys(emails) if email]
        here = {person.email: person for person in User.objects.filter(email__in=typed, is_active=True)}
        if unknown := [email for email in typed if email not in here]:
            raise ValidationError(texts.nobody_with(", ".join(unknown)))
        people = list(here.values())
        if any(person.pk == self.key.owner_id for person in people):
            raise ValidationError(texts.OWN_KEY)
        return people

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("team") and not cleaned.get("people"):
            self.add_error("people", "Choose a team, or enter a colleague’s email.")
        return cleaned


class TransferKeyForm(forms.Form):
    owner = KeylessField(
        max_length=254,
        label="Email of the new owner",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, key: SavedKey, by: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key, self.by = key, by

    def clean_owner(self) -> User:
        person = person_here(self.cleaned_data["owner"].strip().lower())
        if person.pk == self.key.owner_id:
            raise ValidationError(
                texts.OWN_KEY if person.pk == self.by.pk else "Enter someone else. They own this key already."
            )
        if person.pk == self.by.pk:
            raise ValidationError("Enter someone else. Administrators can’t take over keys for themselves.")
        if not can_own_keys(person):
            raise ValidationError(f"Enter someone who can create tasks. {person} is a viewer.")
        return person


def person_here(email: str) -> User:
    """Return the active person with this email. Raises ValidationError if there is none."""
    person = User.objects.filter(email=email, is_active=True).first()
    if person is None:
        raise ValidationError(texts.nobody_with(email))
    return person
