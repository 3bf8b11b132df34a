"""The rules of the workflow: a note for each row in German, or codes that are used once."""

import re
from uuid import UUID

from django.db.models import Q

from pipelines_portal.entry.models import Row
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.simulation.people.actions import GERMAN, require_signed_in
from tests.simulation.people.imports import ImportActions
from tests.simulation.stored import stored
from tests.simulation.world import world

ACCEPT = re.compile(r"<form[^>]*grid/accept/(.*?)</form>", re.S)
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)"\s+value="([^"]*)"')


class RuleActions(ImportActions):
    def change_rule(self) -> None:
        """Save the rule as its next version, from a page that may be out of date."""
        for pk, version in list(stored(WorkflowRule).filter(kind="filled").values_list("pk", "version")):
            seen = version if world.happens("is up to date", 0.8) else max(version - 1, 1)
            rule = {"field": "notes", "kind": "filled", "when": "target_language", "is_value": GERMAN, "do": "save"}
            rule |= {"message": f"Version {version}", "if_not": world.choose("if not", ("warning", "warning", "error"))}
            self._post(self.office.owner_browser, f"rules/{pk}/", rule | {"version": str(seen)})

    def switch_rule(self) -> None:
        for rule in list(stored(WorkflowRule).filter(kind="filled")):
            self._switch(rule.pk)

    def _switch(self, pk: int) -> None:
        """Switch a rule on, or off in one of three cases."""
        self._post(self.office.owner_browser, f"rules/{pk}/switch/", {"on": world.chance.choice(("yes", "yes", ""))})

    def write_rule_of_codes(self) -> None:
        """Add the rule that each code is used once. If it is there, switch it."""
        rules = list(stored(WorkflowRule).filter(kind="once"))
        for each in rules:
            self._switch(each.pk)
        if not rules:
            rule = {"field": "notes", "kind": "once", "if_not": "error", "message": "", "do": "save"}
            self._post(self.office.owner_browser, "rules/add/", rule)

    def accept_warnings(self) -> None:
        """Accept the first group of warnings on the page of an import."""
        if not (waiting := self._with_warnings()):
            self.paste_import()
            waiting = self._with_warnings()
        if not waiting:
            return
        pk, owner = world.chance.choice(waiting)
        browser, url = self.office.browser_of(owner), f"/sheets/{pk}/grid/"
        page = require_signed_in(browser.get(url)).content.decode()
        if form := ACCEPT.search(page):
            if world.happens("changes meanwhile", 0.3):  # somebody changes the rule while this page is open
                self.change_rule()
                world.sometimes("a warning of an earlier rule is accepted")
            self._post(browser, f"{url}accept/", dict(HIDDEN.findall(form[1])))

    def _with_warnings(self) -> list[tuple[UUID, int]]:
        has_warnings = Q(pk__in=stored(Row).filter(status="to_look").values("sheet"))
        return self.office.imports(has_warnings, ~Q(status="deleted"))
