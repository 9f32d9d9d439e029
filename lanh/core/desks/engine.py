"""The front of the desks: every screen and every act as a plan, to be run in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lanh.core import forms
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import (
    attaching,
    casework,
    correcting,
    drafting,
    duties,
    looking,
    menus,
    pointing,
    reading,
    rows,
    sending,
    submitting,
)
from lanh.core.desks.definition import Desk, DeskForm
from lanh.core.desks.drafting import Fields
from lanh.core.desks.errors import Forbidden, Invalid, NotFound, refused, told
from lanh.core.desks.ports import (
    Content,
    KeptPaper,
    Names,
    Papers,
    Ports,
    Tags,
    as_they_are,
    digest_of_record,
    no_tags,
    none_kept,
    person_of,
)
from lanh.core.desks.screens import (
    Beginning,
    FormScreen,
    HomeScreen,
    Link,
    MenuEntry,
    OwnScreen,
    RecordScreen,
    Sent,
    Upload,
    Visitor,
)
from lanh.core.forms import Suggestions, ValueSets
from lanh.core.jobs import Schedule
from lanh.core.lists import Import, ListDefinition, ListRefused, SheetForm, Table
from lanh.core.overviews import OverviewScreen
from lanh.core.store import Store
from lanh.core.workflow import Case, Task, Workflow


class Desks:
    """The desks of an installation. All methods but `entries`, `beginnings`, `form_of` and
    `list_definition` are plans; each is run with `transact`, so that what is written, its audit
    and feed commit together, and what was read is in the audit before it is shown. What is
    refused is a DeskError.

    `value_sets` offers codes, `papers` prints, `names` tells whom opaque ids stand for, `content`
    gives the SHA-256 of what is signed of a record, `tags` mark what a visitor writes, `kept`
    gives papers that people have signed.
    """

    def __init__(
        self,
        desks: Sequence[Desk],
        *,
        store: Store,
        workflow: Workflow,
        value_sets: ValueSets | None = None,
        papers: Papers | None = None,
        names: Names = as_they_are,
        content: Content = digest_of_record,
        tags: Tags = no_tags,
        kept: KeptPaper = none_kept,
    ) -> None:
        by_key = {desk.key: desk for desk in desks}
        if len(by_key) != len(desks):
            raise ValueError("a desk's key stands twice")
        self.desks: Mapping[str, Desk] = by_key
        self._ports = Ports(by_key, store, workflow, value_sets, papers, names, content, tags, kept)

    # ---- what there is ---------------------------------------------------------------------

    def entries(self, visitor: Visitor) -> list[MenuEntry]:
        """The desks that a visitor may enter."""
        return menus.entries(self._ports, visitor)

    def home(self, desk: str, visitor: Visitor) -> Plan[HomeScreen]:
        """A desk's first screen: what waits with counts, what can be done, drafts."""
        return told(menus.home(self._ports, desk, visitor))

    def waiting(self, visitor: Visitor) -> Plan[list[tuple[MenuEntry, Link]]]:
        """Every queue in which something waits for the visitor's post, with its desk."""
        return told(menus.waiting(self._ports, visitor))

    def list_definition(self, desk: str, key: str, visitor: Visitor) -> ListDefinition:
        """A list that the visitor may open. Raises NotFound, Forbidden."""
        found = self._ports.desk(desk, visitor)
        definition = next((each for each in found.lists if each.key == key), None)
        if definition is None:
            raise NotFound.because("not-found")
        if not menus.may_list(found, definition, visitor):
            raise Forbidden.because("no-entry")
        return definition

    def page(
        self, desk: str, key: str, visitor: Visitor, query: Mapping[str, str]
    ) -> Plan[OwnScreen | OverviewScreen]:
        """An overview, or a page that the system draws itself. A public one asks no role."""
        return told(looking.page(self._ports, desk, key, visitor, query))

    def form_of(self, desk: str, key: str, visitor: Visitor) -> DeskForm:
        """A form that the visitor may fill in. Raises NotFound, Forbidden."""
        return drafting.form_at(self._ports, desk, key, visitor)[1]

    def beginnings(self, kind: str, visitor: Visitor) -> list[Beginning]:
        """The forms about records of a type ("Patient") that the visitor may begin."""
        return menus.beginnings(self._ports, kind, visitor)

    # ---- forms -----------------------------------------------------------------------------

    def begin(
        self, desk: str, form: str, visitor: Visitor, about: str | None = None
    ) -> Plan[FormScreen]:
        """A form with a new draft, or the draft that the visitor has begun. `about` is the record
        (`Type/id`) that it is opened from."""
        return told(drafting.begin(self._ports, desk, form, visitor, about))

    def form_screen(self, draft: str, visitor: Visitor) -> Plan[FormScreen]:
        """A draft as it was saved last. Raises NotFound where it was sent, dropped or expired."""
        return told(drafting.screen_of(self._ports, draft, visitor))

    def save(
        self,
        draft: str,
        visitor: Visitor,
        fields: Fields,
        revision: int,
        *,
        add: str = "",
        remove: str = "",
        reason: str = "",
    ) -> Plan[FormScreen]:
        """Keep what is filled in (autosave) and give the page with what is computed of it.

        `add` is a `next_name` of the page, whose row or field is to be shown; `remove` the name of
        a row to take away. Raises Conflict where another page of the person saved since.
        """
        return told(
            drafting.save(
                self._ports, draft, visitor, fields, revision, add=add, remove=remove,
                reason=reason,
            )
        )  # fmt: skip

    def drop(self, draft: str, visitor: Visitor) -> Plan[None]:
        """Throw a draft away."""
        return told(self._drop(draft, visitor))

    def _drop(self, draft: str, visitor: Visitor) -> Plan[None]:
        found = yield from forms.find_draft(draft, person_of(visitor))
        if found is not None:
            yield from forms.drop_draft(found)

    def suggest(self, draft: str, visitor: Visitor, item: str, text: str) -> Plan[Suggestions]:
        """What may be chosen in a question (its linkId) for what is typed: favourites and recent
        ones first, then what the value set offers, or the records that the visitor may see."""
        return told(self._suggest(draft, visitor, item, text))

    def _suggest(self, draft: str, visitor: Visitor, item: str, text: str) -> Plan[Suggestions]:
        open_ = yield from drafting.lay_open(self._ports, draft, visitor)
        asked = open_.form.form.item(item)
        if asked is not None and asked.type == "reference":
            detail = f"desk:{open_.desk.key}:{open_.form.key}"
            found = yield from pointing.find(self._ports, asked, text[:200], visitor, detail)
            return found
        value_set = self._value_set(open_, item)
        port = self._ports.value_sets
        if port is None:
            raise Invalid.because("no-value-sets")
        person, on = person_of(visitor), visitor.at.date()
        found = yield from forms.suggest(
            port, person, value_set, text[:200], on=on, language=visitor.language
        )
        return found

    def favour(
        self, draft: str, visitor: Visitor, item: str, token: str, favourite: bool = True
    ) -> Plan[None]:
        """Make a code (`system|code`) or a record (`Type/id`, none about people) a favourite of
        the visitor for a question, or no more."""
        return told(self._favour(draft, visitor, item, token, favourite))

    def _favour(
        self, draft: str, visitor: Visitor, item: str, token: str, favourite: bool
    ) -> Plan[None]:
        open_ = yield from drafting.lay_open(self._ports, draft, visitor)
        asked = open_.form.form.item(item)
        if asked is not None and asked.type == "reference":
            named = pointing.chosen(asked, {"reference": token[:300]})
            if named is None:
                raise Invalid.because("no-value-sets")
            yield from forms.mark_favourite(person_of(visitor), *named, favourite)
            return
        value_set = self._value_set(open_, item)
        yield from forms.mark_favourite(person_of(visitor), value_set, token[:300], favourite)

    def _value_set(self, open_: drafting.Desktop, item: str) -> str:
        found = open_.form.form.item(item)
        value_set = (found.value_set or found.unit_value_set) if found is not None else None
        if value_set is None:
            raise Invalid.because("no-value-sets")
        return value_set

    def attach(
        self, draft: str, visitor: Visitor, name: str, upload: Upload, revision: int
    ) -> Plan[FormScreen]:
        """Keep a file and have it answer the question of a field (`q/photo`)."""
        return told(attaching.attach(self._ports, draft, visitor, name, upload, revision))

    def send(
        self,
        draft: str,
        visitor: Visitor,
        fields: Fields,
        submission: str,
        *,
        reason: str = "",
        accept_warnings: bool = False,
    ) -> Plan[FormScreen | Sent]:
        """Send a draft: its screen with what is to be mended, the answers kept; or what it became.

        What is sent twice under one key is one, and told as `again`. A correction needs a reason,
        as do warnings that are sent past.
        """
        return told(
            sending.send(
                self._ports, draft, visitor, fields, submission, reason=reason,
                accept_warnings=accept_warnings,
            )
        )  # fmt: skip

    def submit(
        self,
        desk: str,
        form: str,
        visitor: Visitor,
        response: Mapping[str, Any],
        submission: str,
        *,
        about: str | None = None,
        reason: str = "",
        accept_warnings: bool = False,
    ) -> Plan[Sent]:
        """Take a QuestionnaireResponse from a program, without a draft; what is sent twice under
        one key is one. Raises NotTaken with each fault."""
        return told(
            submitting.submit(
                self._ports, desk, form, visitor, response, submission, about=about,
                reason=reason, accept_warnings=accept_warnings,
            )
        )  # fmt: skip

    def check(
        self, draft: str, visitor: Visitor, fields: Fields, revision: int, *, reason: str = ""
    ) -> Plan[FormScreen]:
        """Keep a draft and judge it as it would be when sent, for the page that shows all answers
        once more."""
        return told(sending.check(self._ports, draft, visitor, fields, revision, reason=reason))

    def rows(
        self,
        desk: str,
        form: str,
        visitor: Visitor,
        content: bytes | Table,
        sheet: SheetForm | None = None,
    ) -> Import:
        """A spreadsheet each row of which is sent as a form; `whole()` or `run(transact)` of what
        this gives takes it. Raises NotFound, Forbidden, Invalid."""
        try:
            return rows.begin(self._ports, desk, form, visitor, content, sheet)
        except ListRefused as error:
            raise refused(error) from error

    def empty_sheet(
        self, desk: str, form: str, visitor: Visitor, sheet: SheetForm | None = None
    ) -> bytes:
        """The workbook to fill in for `rows`. Raises NotFound, Forbidden."""
        return rows.empty(self._ports, desk, form, visitor, sheet)

    def correct(self, desk: str, record: str, visitor: Visitor) -> Plan[FormScreen]:
        """The form that corrects a record (`Type/id`), filled in with what stands."""
        return told(correcting.correct(self._ports, desk, record, visitor))

    # ---- records and papers ----------------------------------------------------------------

    def record(self, desk: str, record: str, visitor: Visitor) -> Plan[RecordScreen]:
        """A record with its sections, case, papers and versions; the audit says who read it."""
        return told(reading.record(self._ports, desk, record, visitor))

    def paper(self, desk: str, record: str, key: str, visitor: Visitor) -> Plan[bytes]:
        """A paper of a record, as PDF: the one that people have signed, where they have."""
        return told(reading.paper(self._ports, desk, record, key, visitor))

    # ---- cases -----------------------------------------------------------------------------

    def act(
        self,
        desk: str,
        case: str,
        transition: str,
        visitor: Visitor,
        *,
        revision: int,
        reason: str = "",
    ) -> Plan[Case]:
        """Take a transition of a case on the revision that was seen. Raises Conflict where the
        case has changed since, Refused where a guard says no."""
        return told(
            casework.act(
                self._ports, desk, case, transition, visitor, revision=revision, reason=reason
            )
        )

    def claim(self, desk: str, case: str, visitor: Visitor) -> Plan[Task]:
        """Take the task that waits for a case. Raises Conflict where another holds it."""
        return told(casework.claim(self._ports, desk, case, visitor))

    def give_back(self, desk: str, case: str, visitor: Visitor, reason: str = "") -> Plan[Task]:
        """Give the task of a case back to its queue."""
        return told(casework.give_back(self._ports, desk, case, visitor, reason))

    def assign(
        self, desk: str, case: str, to: str, visitor: Visitor, reason: str = ""
    ) -> Plan[Task]:
        """Give the task of a case to somebody, by opaque id ("person:17")."""
        return told(casework.assign(self._ports, desk, case, to, visitor, reason))

    def sign(
        self, desk: str, case: str, need: str, visitor: Visitor, evidence: str, *, revision: int
    ) -> Plan[None]:
        """Give a signature that a case waits for, on the revision that was seen."""
        return told(
            casework.sign(self._ports, desk, case, need, visitor, evidence, revision=revision)
        )

    # ---- duties ----------------------------------------------------------------------------

    def schedules(self, database: SyncDatabase) -> Mapping[Schedule, Callable[[], None]]:
        """What the worker does for the desks: their duties, each unit a transaction."""
        return duties.schedules(self._ports, database)
