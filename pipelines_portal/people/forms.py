"""The forms about people, teams, invitations and the audit log."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower

from pipelines_portal.accounts.models import Membership, Role, Team, User
from pipelines_portal.accounts.texts import PASSWORD_HELP
from pipelines_portal.audit.filters import EventFilters
from pipelines_portal.audit.verbs import Group, Verb, verbs_named
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people import texts
from pipelines_portal.people.administration import NoNewOwner
from pipelines_portal.people.models import Invitation
from pipelines_portal.people.permissions import grantable_roles
from pipelines_portal.web.form_fields import LONGEST_EMAIL, NameField, is_email
from pipelines_portal.web.parameters import number_in

REMOVE = "remove"
# Up to this many keys, each has a field for its new owner. With more, the page would be too long.
MAX_SINGLE_FIELDS = 20
# The list of a field shows this many people; others are named by email.
MAX_OWNERS_SHOWN = 100
MAX_INVITED_AT_ONCE = 50
MAX_EMAILS_NAMED = 5
MAX_TEAMS_SHOWN = 50


# --- people and teams -------------------------------------------------------------------------------------------------


class TeamForm(forms.ModelForm[Team]):
    class Meta:
        model = Team
        fields: ClassVar = ["name"]
        field_classes: ClassVar = {"name": NameField}
        labels: ClassVar = {"name": "Team name"}
        widgets: ClassVar = {"name": forms.TextInput(attrs={"autocomplete": "off"})}

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        duplicate = Team.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).first()
        if duplicate:
            raise ValidationError(texts.team_name_taken(duplicate.name))
        return name


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role, widget=forms.RadioSelect, label="Role")


class DeactivateForm(forms.Form):
    """The new owners of the keys of somebody who leaves: one for all keys, and others for single keys."""

    def __init__(self, person: User, keys: list[SavedKey], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = keys
        self.eligible = _eligible(person)
        first = _first_owners(person, self.eligible) if keys else []
        is_cut = len(first) > MAX_OWNERS_SHOWN
        self.owners = {str(owner.pk): owner for owner in [*first[:MAX_OWNERS_SHOWN], *self._posted_owners()]}
        if keys:
            self.fields["owner"] = self._choice("New owner of all keys", "Choose", required=not is_cut)
        if is_cut:
            widget = forms.EmailInput(attrs={"autocomplete": "off"})
            self.fields["other"] = forms.EmailField(required=False, label="Or someone else’s email", widget=widget)
        if 1 < len(keys) <= MAX_SINGLE_FIELDS:
            self.fields |= {
                f"owner_{key.pk}": self._choice(f"New owner of {key}", "Same as above", required=False) for key in keys
            }

    def _posted_owners(self) -> QuerySet[User]:
        """Return the people whom the posted form names, who may not be among the first any more."""
        numbers = [number_in(str(text)) for name, text in self.data.items() if name.startswith("owner")]
        return self.eligible.filter(pk__in=[number for number in numbers if number is not None])

    def clean_other(self) -> User | None:
        email = self.cleaned_data["other"].strip().lower()
        person = self.eligible.filter(email=email).first() if email else None
        if email and person is None:
            raise ValidationError(f"No one with the email {email} can own keys.")
        return person

    def clean(self) -> None:
        owner, other = self.cleaned_data.get("owner"), self.cleaned_data.get("other")
        if owner and other:
            self.add_error("other", "Choose an owner from the list or by email, not both.")
        if "other" in self.fields and not self.errors and not owner and not other:
            self.add_error("owner", texts.OWNER_REQUIRED)

    def _choice(self, label: str, empty: str, *, required: bool) -> forms.ChoiceField:
        people = [(pk, owner.name_and_email) for pk, owner in self.owners.items()]
        last = (REMOVE, "Remove key")
        return forms.ChoiceField(
            choices=[("", empty), *people, last], label=label, required=required,
            error_messages={"required": texts.OWNER_REQUIRED},
        )  # fmt: skip

    @property
    def single_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in ("owner", "other")]

    def new_owner(self, key: SavedKey) -> User | None:
        """Return the new owner, or None to remove the key. Raises NoNewOwner for a key that was saved since."""
        chosen, other = self.cleaned_data.get(f"owner_{key.pk}"), self.cleaned_data.get("other")
        if not chosen and isinstance(other, User):
            return other
        chosen = chosen or self.cleaned_data.get("owner")
        if not chosen:
            raise NoNewOwner(f"They’ve just added API key {key}. Choose its new owner too.")
        return self.owners.get(chosen)


def _eligible(person: User) -> QuerySet[User]:
    """Return the people besides `person` who can own keys."""
    return User.objects.filter(is_active=True).exclude(role=Role.VIEWER).exclude(pk=person.pk)


def _first_owners(person: User, eligible: QuerySet[User]) -> list[User]:
    """Return members of the person's teams first, and one more than the list shows if there are more."""
    teams = Membership.objects.filter(user=person).values("team")
    is_near = Exists(Membership.objects.filter(user=OuterRef("pk"), team__in=teams))
    return list(eligible.order_by(is_near.desc(), Lower("name"), "email")[: MAX_OWNERS_SHOWN + 1])


# --- invitations ------------------------------------------------------------------------------------------------------


class TeamsField(forms.ModelMultipleChoiceField[Team]):
    def clean(self, value: Any) -> Any:
        """Refuse numbers that are too large for the database."""
        for text in map(str, value or ()):
            if number_in(text) is None:
                raise ValidationError(self.error_messages["invalid_choice"], params={"value": text[:20]})
        return super().clean(value)


class InviteForm(forms.Form):
    """An invitation of several people with one role. Nobody is invited if one email is wrong."""

    emails = forms.CharField(
        label="Email addresses",
        max_length=20_000,
        help_text="Separate with commas or new lines.",
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": texts.EMAILS_REQUIRED},
    )
    role = forms.ChoiceField(label="Role", widget=forms.RadioSelect)
    teams = TeamsField(Team.objects.none(), label="Teams", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, by: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        # People with an account among the emails. They can be added to a team instead.
        self.known: list[User] = []
        roles = grantable_roles(by)
        # The role with most rights comes last and is not selected at first.
        roles.sort(key=lambda role: role == Role.ADMINISTRATOR)
        cast(forms.ChoiceField, self.fields["role"]).choices = [(role.value, role.label) for role in roles]
        self.fields["role"].initial = roles[0].value
        field = cast(TeamsField, self.fields["teams"])
        # All led teams are accepted. The page shows the first ones and those that are selected, such as by a link.
        field.queryset = Team.objects.led_by(by)
        field.choices = self._shown_teams(by)

    def _shown_teams(self, by: User) -> list[tuple[int, str]]:
        chosen = [number for text in self["teams"].value() or [] if (number := number_in(str(text)))]
        teams = {team.pk: team.name for team in Team.objects.led_by(by)[:MAX_TEAMS_SHOWN]}
        missing = set(chosen) - teams.keys() if len(teams) == MAX_TEAMS_SHOWN else set()
        more = {team.pk: team.name for team in Team.objects.led_by(by).filter(pk__in=missing)} if missing else {}
        return list((teams | more).items())

    def clean_emails(self) -> list[str]:
        emails = list(dict.fromkeys(part.lower() for part in re.split(r"[\s,;]+", self.cleaned_data["emails"]) if part))
        if len(emails) > MAX_INVITED_AT_ONCE:
            raise ValidationError(f"Enter up to {MAX_INVITED_AT_ONCE} email addresses. You entered {len(emails)}.")
        if not emails:
            raise ValidationError(texts.EMAILS_REQUIRED)
        reasons = [*_invalid(emails), *self._check_known(emails), *_already_invited(emails)]
        if reasons:
            raise ValidationError(reasons)
        return emails

    def clean_teams(self) -> list[Team]:
        teams = list(self.cleaned_data["teams"])
        if not teams and not self.by.is_administrator:
            raise ValidationError("Choose a team.")
        return teams

    @property
    def chosen_teams(self) -> list[Team]:
        """Return the selected teams, also of an invalid form, so that people with an account can be added to them."""
        chosen = self["teams"].value() or []
        return [team for team in Team.objects.led_by(self.by) if str(team.pk) in chosen]

    def known_with_teams(self) -> list[tuple[User, list[Team], bool]]:
        """Return the active people with an account, each with the selected teams that they are not yet in.

        The last value says, if no team is selected, whether there is one to select for them.
        """
        teams = self.chosen_teams
        known = [person for person in self.known if person.is_active]
        members = set(Membership.objects.filter(user__in=known, team__in=teams).values_list("user", "team"))
        led = Team.objects.led_by(self.by)
        return [
            (
                person,
                [team for team in teams if (person.pk, team.pk) not in members],
                not teams and led.exclude(memberships__user=person).exists(),
            )
            for person in known
        ]

    def _check_known(self, emails: list[str]) -> list[str]:
        self.known = list(User.objects.filter(email__in=emails))
        here = [person.email for person in self.known if person.is_active]
        left = [person.email for person in self.known if not person.is_active]
        reasons = [f"Already have an account: {_join(here)}."] if here else []
        if left:
            reasons.append(f"Deactivated: {_join(left)}. An administrator can reactivate them.")
        return reasons


def _invalid(emails: list[str]) -> list[str]:
    bad = [email for email in emails if not is_email(email)]
    return [f"Not valid: {_join(bad)}."] if bad else []


def _already_invited(emails: list[str]) -> list[str]:
    invited = [one.email for one in Invitation.objects.pending().filter(email__in=emails)]
    return [f"Already invited: {_join(invited)}. Create a new link under “Pending invitations”."] if invited else []


def _join(emails: list[str]) -> str:
    shown = ", ".join(email[:100] for email in emails[:MAX_EMAILS_NAMED])
    return shown if len(emails) <= MAX_EMAILS_NAMED else f"{shown} and {len(emails) - MAX_EMAILS_NAMED} more"


class AccountForm(forms.Form):
    """The name and the password of a new account."""

    name = NameField(
        label="Your name", max_length=100, help_text="Shown to your team",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    password = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        help_text=PASSWORD_HELP,
        # render_value stays off: a refused password is not sent back in the page.
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def account_email(self) -> str:
        raise NotImplementedError

    def clean(self) -> None:
        """Check the password together with the name and the email, which it must not repeat."""
        person = User(email=self.account_email(), name=self.cleaned_data.get("name", ""))
        try:
            validate_password(self.cleaned_data.get("password", ""), person)
        except ValidationError as rejection:
            if "password" in self.cleaned_data:
                self.add_error("password", rejection)


class AcceptForm(AccountForm):
    def __init__(self, invitation: Invitation, data: Any = None) -> None:
        super().__init__(data)
        self.invitation = invitation

    def account_email(self) -> str:
        return self.invitation.email


class FirstAdministratorForm(AccountForm):
    email = forms.CharField(
        label="Email",
        max_length=LONGEST_EMAIL,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    field_order = ["name", "email", "password"]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if not is_email(email):
            raise ValidationError("Enter an email address such as ana@example.com.")
        if User.objects.filter(email=email).exists():
            raise ValidationError("An account with this email exists. Enter another email.")
        return email

    def account_email(self) -> str:
        return str(self.cleaned_data.get("email", ""))


# --- the audit log ----------------------------------------------------------------------------------------------------


class EventFilterForm(forms.Form):
    person = forms.CharField(
        label="Done by (email)", required=False, max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    verb = forms.ChoiceField(label="Event", required=False)
    # "type:id", set by links of the list.
    target = forms.RegexField(r"^[a-z]{1,40}:[\w-]{1,40}$", required=False, widget=forms.HiddenInput)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = cast(forms.ChoiceField, self.fields["verb"])
        kinds.choices = [("", "All events"), *map(_group, Group)]

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "“To” can’t be before “From”.")

    def filters(self) -> EventFilters:
        """Return the filters of the valid fields."""
        values = getattr(self, "cleaned_data", {})
        target_type, _, target_id = (values.get("target") or "").partition(":")
        return EventFilters(
            email=(values.get("person") or "").lower(),
            verbs=verbs_named(values.get("verb") or ""),
            target_type=target_type,
            target_id=target_id,
            since=_start_of(values.get("since")),
            until=_start_of(values.get("until"), days=1),
        )


def _group(group: Group) -> tuple[str, list[tuple[str, str]]]:
    """Return a group of choices: the whole group, then each of its verbs."""
    verbs = [(verb.value, verb.label) for verb in Verb if verb.group == group]
    return str(group.label), [(group.value, f"{group.label} (all)"), *verbs]


def _start_of(day: Any, days: int = 0) -> datetime | None:
    try:
        return datetime.combine(day + timedelta(days=days), time.min, UTC) if day else None
    except OverflowError:  # the calendar's last day
        return None
