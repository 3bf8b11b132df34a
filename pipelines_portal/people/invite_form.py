"""Who is invited: several addresses at once, in one role, into the same teams."""

import re
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from pipelines_portal.accounts.models import Role, Team, User
from pipelines_portal.accounts.teams.access import teams_led_by
from pipelines_portal.core.names import is_email
from pipelines_portal.core.parameters import number_in
from pipelines_portal.people.giving import roles_given_by
from pipelines_portal.people.invitations import open_invitations

MOST_AT_ONCE = 50
MOST_NAMED = 5
MOST_TEAMS = 50


class TeamsField(forms.ModelMultipleChoiceField[Team]):
    def clean(self, value: Any) -> Any:
        """What no database can be asked for is no team's number."""
        for text in map(str, value or ()):
            if number_in(text) is None:
                raise ValidationError(self.error_messages["invalid_choice"], params={"value": text[:20]})
        return super().clean(value)


class InviteForm(forms.Form):
    """Nobody is invited while one address is bad: the form keeps what was typed."""

    emails = forms.CharField(
        label="Email",
        max_length=20_000,
        help_text="One or several, with commas, spaces or lines between them.",
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Enter at least one address."},
    )
    role = forms.ChoiceField(label="Role", widget=forms.RadioSelect)
    teams = TeamsField(Team.objects.none(), label="Teams", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, by: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        # Who was named and has an account: they are added to a team, not invited.
        self.known: list[User] = []
        roles = roles_given_by(by)
        # The one that gives most comes last, and is not the one to start from.
        roles.sort(key=lambda role: role == Role.ADMINISTRATOR)
        cast(forms.ChoiceField, self.fields["role"]).choices = [(role.value, role.label) for role in roles]
        self.fields["role"].initial = roles[0].value
        field = cast(TeamsField, self.fields["teams"])
        # Any of them is taken; a page shows some, and those that are chosen: a team's own page leads here with it.
        field.queryset = teams_led_by(by)
        field.choices = self._shown_teams(by)

    def _shown_teams(self, by: User) -> list[tuple[int, str]]:
        chosen = [number for text in self["teams"].value() or [] if (number := number_in(str(text)))]
        teams = {team.pk: team.name for team in teams_led_by(by)[:MOST_TEAMS]}
        missing = set(chosen) - teams.keys() if len(teams) == MOST_TEAMS else set()
        more = {team.pk: team.name for team in teams_led_by(by).filter(pk__in=missing)} if missing else {}
        return list((teams | more).items())

    def clean_emails(self) -> list[str]:
        emails = list(dict.fromkeys(part.lower() for part in re.split(r"[\s,;]+", self.cleaned_data["emails"]) if part))
        if len(emails) > MOST_AT_ONCE:
            raise ValidationError(f"Invite up to {MOST_AT_ONCE} at once. These are {len(emails)}.")
        if not emails:
            raise ValidationError("Enter at least one address.")
        reasons = [*_bad(emails), *self._known(emails), *_invited(emails)]
        if reasons:
            raise ValidationError([*reasons, "Nobody was invited yet."])
        return emails

    def clean_teams(self) -> list[Team]:
        teams = list(self.cleaned_data["teams"])
        if not teams and not self.by.is_administrator:
            raise ValidationError("Choose at least one of the teams that you lead.")
        return teams

    @property
    def chosen_teams(self) -> list[Team]:
        """Also of a form that is refused: those who are here already can be added to them."""
        chosen = self["teams"].value() or []
        return [team for team in teams_led_by(self.by) if str(team.pk) in chosen]

    def _known(self, emails: list[str]) -> list[str]:
        self.known = list(User.objects.filter(email__in=emails))
        here = [person.email for person in self.known if person.is_active]
        left = [person.email for person in self.known if not person.is_active]
        reasons = [f"Here already: {_listed(here)}."] if here else []
        if left:
            reasons.append(f"Deactivated: {_listed(left)}. An administrator can let them in again.")
        return reasons


def _bad(emails: list[str]) -> list[str]:
    bad = [email for email in emails if not is_email(email)]
    return [f"Not an address: {_listed(bad)}."] if bad else []


def _invited(emails: list[str]) -> list[str]:
    invited = open_invitations().filter(email__in=emails).select_related("invited_by")
    return [f"Invited already, by {one.invited_by}: {one.email}. Make a new link instead." for one in invited]


def _listed(texts: list[str]) -> str:
    shown = ", ".join(text[:100] for text in texts[:MOST_NAMED])
    return shown if len(texts) <= MOST_NAMED else f"{shown} and {len(texts) - MOST_NAMED} more"
