"""What people fill in about people and teams."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower

from pipelines_portal.accounts.models import Membership, Role, Team, User
from pipelines_portal.core.names import NameField
from pipelines_portal.core.parameters import number_in
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people.leaving import NoHeir

REMOVE = "remove"
# Each key has a list of its own: past so many the page would be too long to send.
SINGLY_UP_TO = 20
# In a list; all others are named by email.
MOST_HEIRS = 100
NOBODY_NAMED = "Say who gets it, or that it is removed."


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
        self.eligible = _eligible(person)
        # Who has no key leaves nothing to anybody.
        first = _first_heirs(person, self.eligible) if keys else []
        is_cut = len(first) > MOST_HEIRS
        self.heirs = {str(heir.pk): heir for heir in [*first[:MOST_HEIRS], *self._named()]}
        if keys:
            self.fields["heir"] = self._choice("New owner of every key", "Choose", required=not is_cut)
        if is_cut:
            widget = forms.EmailInput(attrs={"autocomplete": "off"})
            self.fields["other"] = forms.EmailField(required=False, label="Or somebody else, by email", widget=widget)
        if 1 < len(keys) <= SINGLY_UP_TO:
            self.fields |= {
                f"heir_{key.pk}": self._choice(f"New owner of {key}", "As above", required=False) for key in keys
            }

    def _named(self) -> QuerySet[User]:
        """Whom the form that was posted names: others may have come before them since."""
        numbers = [number_in(str(text)) for name, text in self.data.items() if name.startswith("heir")]
        return self.eligible.filter(pk__in=[number for number in numbers if number is not None])

    def clean_other(self) -> User | None:
        email = self.cleaned_data["other"].strip().lower()
        person = self.eligible.filter(email=email).first() if email else None
        if email and person is None:
            raise ValidationError(f"Nobody who may own a key has this email: {email}")
        return person

    def clean(self) -> None:
        heir, other = self.cleaned_data.get("heir"), self.cleaned_data.get("other")
        if heir and other:
            self.add_error("other", "Choose one owner: from the list, or by email.")
        if "other" in self.fields and not self.errors and not heir and not other:
            self.add_error("heir", NOBODY_NAMED)

    def _choice(self, label: str, empty: str, *, required: bool) -> forms.ChoiceField:
        people = [(pk, heir.name_and_email) for pk, heir in self.heirs.items()]
        last = (REMOVE, "Nobody: remove it from the portal")
        return forms.ChoiceField(
            choices=[("", empty), *people, last], label=label, required=required,
            error_messages={"required": NOBODY_NAMED},
        )  # fmt: skip

    @property
    def single_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in ("heir", "other")]

    def heir_of(self, key: SavedKey) -> User | None:
        """None: the key is to be removed. Raises NoHeir for one that was saved since the form was made."""
        chosen, other = self.cleaned_data.get(f"heir_{key.pk}"), self.cleaned_data.get("other")
        if not chosen and isinstance(other, User):
            return other
        chosen = chosen or self.cleaned_data.get("heir")
        if not chosen:
            raise NoHeir(f"{key} was saved meanwhile. Nobody was deactivated. Look again at who gets the keys.")
        return self.heirs.get(chosen)


def _eligible(person: User) -> QuerySet[User]:
    """Who may own a key."""
    return User.objects.filter(is_active=True).exclude(role=Role.VIEWER).exclude(pk=person.pk)


def _first_heirs(person: User, eligible: QuerySet[User]) -> list[User]:
    """Those who are in a team with them before all others; one more than are shown where there are more."""
    teams = Membership.objects.filter(user=person).values("team")
    is_near = Exists(Membership.objects.filter(user=OuterRef("pk"), team__in=teams))
    return list(eligible.order_by(is_near.desc(), Lower("name"), "email")[: MOST_HEIRS + 1])
