"""What people fill in about people and teams."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.teams.models import Team
from pipelines_portal.web.names import NameField

from .leaving import NoHeir

REMOVE = "remove"
# Each key's list holds everybody: past so many the page would be too long to send.
SINGLY_UP_TO = 20


class TeamForm(forms.ModelForm[Team]):
    class Meta:
        model = Team
        fields: ClassVar = ["name"]
        field_classes: ClassVar = {"name": NameField}
        labels: ClassVar = {"name": "Name of the team"}
        widgets: ClassVar = {"name": forms.TextInput(attrs={"autocomplete": "off"})}

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        twin = Team.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).first()
        if twin:
            raise ValidationError(taken(twin.name))
        return name


def taken(name: str) -> str:
    return f"There is a team called “{name}” already. Choose another name."


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role, widget=forms.RadioSelect, label="Role")


class LeavingForm(forms.Form):
    """Who gets the keys of someone who leaves: one for all, and others for some."""

    def __init__(self, person: User, keys: list[SavedKey], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = keys
        # Who has no key leaves nothing to anybody.
        self.heirs = {str(heir.pk): heir for heir in _heirs(person)} if keys else {}
        if keys:
            self.fields["heir"] = self._choice("New owner of every key", "Choose", required=True)
        if 1 < len(keys) <= SINGLY_UP_TO:
            self.fields |= {
                f"heir_{key.pk}": self._choice(f"New owner of {key}", "As above", required=False) for key in keys
            }

    def _choice(self, label: str, empty: str, *, required: bool) -> forms.ChoiceField:
        people = [(pk, heir.name_and_email) for pk, heir in self.heirs.items()]
        last = (REMOVE, "Nobody: remove it from the portal")
        message = "Say who gets it, or that it is removed."
        return forms.ChoiceField(
            choices=[("", empty), *people, last], label=label, required=required, error_messages={"required": message}
        )

    @property
    def single_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name != "heir"]

    def heir_of(self, key: SavedKey) -> User | None:
        """None: the key is to be removed. Raises NoHeir for one that was saved since the form was made."""
        chosen = self.cleaned_data.get(f"heir_{key.pk}") or self.cleaned_data.get("heir")
        if not chosen:
            raise NoHeir(f"{key} was saved meanwhile. Nobody was deactivated. Look again at who gets the keys.")
        return self.heirs.get(chosen)


def _heirs(person: User) -> list[User]:
    """Who may own a key."""
    return list(User.objects.filter(is_active=True).exclude(role=Role.VIEWER).exclude(pk=person.pk))
