"""All actions of people and of the worker, and how often each is chosen.

An action writes to `expected` what people request, and what a page says is saved.
"""

from collections.abc import Callable

from tests.simulation.invariants import Expectations
from tests.simulation.office import Office
from tests.simulation.people.groups import GroupActions
from tests.simulation.people.rules import RuleActions
from tests.simulation.people.sent import SentActions
from tests.simulation.people.sharing import SharingActions
from tests.simulation.people.uploads import UploadActions
from tests.simulation.world import world

Action = Callable[[], None]
# By how much the weights of actions differ from day to day.
TIMES = (0.2, 1, 1, 1, 3)
# How often the second of two actions at once is any action, and how often people react to what waits.
OTHER_SECOND, REACTS = 0.2, 0.25


class People(SentActions, RuleActions, GroupActions, UploadActions, SharingActions):
    def __init__(self, office: Office, expected: Expectations) -> None:
        super().__init__(office, expected)
        self.weights: dict[Action, float] = {
            self.send_form: 16, self.send_form_again: 6, self.send_changed_form: 3,
            self.type_rows: 8, self.create_typed: 12, self.undo_typed: 2, self.send_typed_now: 1, self.clear_created: 1,
            self.put_typed_aside: 1, self.create_named: 1, self.copy_tasks: 1,
            self.retype_row: 3,
            self.paste_import: 4, self.upload_file: 3, self.send_import: 12, self.pause_import: 1, self.stop_import: 2,
            self.edit_row: 2, self.undo_edit: 1, self.transfer_import: 3, self.delete_import: 1, self.restore_import: 1,
            self.skip_row: 3, self.send_draft: 4, self.retry_rejected: 1,
            self.decide: 2, self.decide_restored: 2, self.decide_wrongly: 1, self.give_up: 1, self.open_page: 2,
            self.discard_draft: 1,
            self.share_key: 8, self.stop_sharing: 3, self.try_as_viewer: 1, self.look_around: 3,
            self.work: 40, self.run_jobs: 1,
        }  # fmt: skip

        # Actions that conflict with one that runs at the same time.
        self.rivals: dict[Action, tuple[Action, ...]] = {
            self.send_form: (self.send_form_again, self.give_up, self.give_up),
            self.send_draft: (self.send_draft, self.send_form_again, self.give_up, self.give_up),
            self.create_typed: (self.create_typed, self.undo_typed, self.stop_sharing, self.give_up, self.work),
            self.send_import: (
                self.send_import, self.stop_import, self.transfer_import, self.stop_sharing, self.work, self.give_up,
                self.give_up,
            ),
            self.transfer_import: (self.send_import,),
            self.retype_row: (self.retype_row, self.retype_row, self.create_typed),
            self.work: (
                self.work, self.work, self.stop_import, self.pause_import, self.transfer_import, self.stop_sharing,
                self.give_up, self.give_up,
            ),
        }  # fmt: skip
        # Actions that send the API requests which create tasks.
        self.senders: set[Action] = {
            self.send_form, self.send_form_again, self.send_changed_form, self.send_draft, self.create_typed,
            self.send_import, self.work, self.send_archive, self.poll_uploads,
        }  # fmt: skip
        # Actions to choose from while sending can still be undone.
        self.before_start: tuple[Action, ...] = (self.work, self.work, self.undo_typed, self.create_typed)
        # Actions to choose from while something waits for an answer or a decision.
        self.reactions: tuple[Action, ...] = (
            self.work, self.work, self.send_form_again, self.stop_sharing, self.give_up, self.decide, self.open_page,
        )  # fmt: skip

    def follow_note_rule(self) -> None:
        """Work in a workflow that has a rule."""
        self.has_note_rule = True
        self.weights |= {self.change_rule: 4, self.switch_rule: 2, self.accept_warnings: 8}
        rules = (self.change_rule, self.switch_rule)
        for action in (self.send_import, self.create_typed, self.work):
            self.rivals[action] += rules
        self.before_start += rules

    def use_codes(self) -> None:
        """Work in a workflow in which each code is used once."""
        self.has_codes = True
        self.weights |= {self.copy_tasks: 5, self.write_rule_of_codes: 3}

    def repeat_rows(self) -> None:
        """Import and type rows that duplicate earlier ones."""
        self.has_duplicate_rows = True
        self.weights[self.include_duplicate] = 3

    def watch_groups(self) -> None:
        """Work with groups of tasks that need attention. The worker counts tasks once their list was opened."""
        self.open_groups()
        self.weights |= {
            self.fail_tasks: 5, self.open_groups: 1, self.mute_group: 6, self.finish_group: 1, self.count_tasks: 10,
        }  # fmt: skip

    def use_archives(self) -> None:
        """Also create tasks of files in archives."""
        self.weights |= {
            self.choose_archive: 2, self.choose_other_archive: 3, self.send_archive: 14, self.open_upload: 4,
            self.cancel_upload: 3, self.touch_tab: 3, self.process_uploads: 5, self.poll_uploads: 8,
        }  # fmt: skip
        self.rivals |= {
            self.send_archive: (
                self.send_archive,
                self.cancel_upload,
                self.poll_uploads,
                self.open_upload,
                self.choose_other_archive,
                self.touch_tab,
            ),
            self.poll_uploads: (self.poll_uploads, self.cancel_upload, self.send_archive, self.process_uploads),
            self.cancel_upload: (self.poll_uploads, self.send_archive),
        }

    def choose_weights(self) -> None:
        """Let some actions be rare on this day, and others frequent: what many kinds of action hide comes up then."""
        self.weights = {action: weight * world.chance.choice(TIMES) for action, weight in self.weights.items()}

    def choose(self) -> Action:
        if world.chance.random() < REACTS:
            if self.office.submissions(status__in=("sending", "unconfirmed")):
                return world.chance.choice(self.reactions)
            if self.office.undoable_texts():
                return world.chance.choice(self.before_start)
        return world.chance.choices(list(self.weights), list(self.weights.values()))[0]

    def choose_second(self, first: Action) -> Action:
        """Return an action at the same time: often the same one or a rival of the first."""
        if world.chance.random() < OTHER_SECOND:
            return self.choose()
        return world.chance.choice(self.rivals.get(first, (first,)))
