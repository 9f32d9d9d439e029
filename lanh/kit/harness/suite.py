"""The tests that every system takes: as methods of a class, for pytest to find in a subclass."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import yaml

from lanh.core import fhir, forms
from lanh.core.access import Interaction, RowFacts, allows, predicate
from lanh.core.accounts import Roles, Sight
from lanh.core.database import SyncDatabase, execute
from lanh.core.desks import Desk, DeskError, FormScreen, Sent, Visitor
from lanh.core.forms import Block, Page, ValueSets
from lanh.core.lists import Lists
from lanh.core.overviews import Area, forget
from lanh.core.store import Context, Stored
from lanh.core.text import Language
from lanh.core.warehouse import Definitions
from lanh.core.workflow import Calendar, Definition, Transition, WorkflowError
from lanh.kit.examples import Example, examples_of
from lanh.kit.figures import counting, worked_figures
from lanh.kit.harness.counted import told
from lanh.kit.harness.trying import BESIDE, FAR, HERE, EveryCode, Trial, counted, fields_of
from lanh.kit.system import System, roles_with

LANGUAGES: tuple[Language, ...] = ("vi", "en")


def expect(holds: bool, text: str) -> None:
    """Raises AssertionError with the text where something does not hold."""
    if not holds:
        raise AssertionError(text)


class SystemTests:
    """What is asked of every system. A subclass names the system, the roles and the calendar; and
    may fill `prepare` with records that its examples need."""

    system: ClassVar[System]
    roles: ClassVar[Roles]
    calendar: ClassVar[Calendar]
    value_sets: ClassVar[ValueSets] = EveryCode()
    own_desk: ClassVar[Desk | None] = None
    counts: ClassVar[Definitions | None] = None

    def prepare(self, trial: Trial) -> None:
        """Write what the examples need to be there before."""

    # ---- what a subclass stands on ---------------------------------------------------------

    def folder(self) -> Path:
        """The system's folder: the one above the test's."""
        module = sys.modules[type(self).__module__]
        return Path(str(module.__file__)).parents[1]

    def desk(self) -> Desk:
        """The system's desk."""
        desk = self.own_desk or self.system.desk
        if desk is None:
            raise AssertionError(f"{self.system.key} has no desk")
        return desk

    def trial(self, database: SyncDatabase) -> Trial:
        """The system at work on a database."""
        roles = roles_with(self.roles, [self.system])
        trial = Trial(self.desk(), roles, self.calendar, database, self.value_sets)
        self.prepare(trial)
        return trial

    def examples(self) -> list[Example]:
        """The examples of the folder."""
        return examples_of(self.folder())

    # ---- the tests ---------------------------------------------------------------------------

    def test_every_form_is_drawn_in_both_languages(self) -> None:
        """Every question has words in both languages, and what it offers too."""
        for form in self.desk().forms:
            tree = forms.open_form(form.form)
            tree.settle()
            for language in LANGUAGES:
                page = forms.page_of(tree, language)
                expect(bool(page.title.strip()), f"{form.key} has no title in {language}")
                _expect_words(form.key, page, language)

    def test_every_example_is_taken_or_refused_as_it_says(self, database: SyncDatabase) -> None:
        """Sent examples become valid records, from which the same answers can be read back."""
        trial = self.trial(database)
        for example in self.examples():
            if not example.faults:
                trial.write_all([example])
                self._judge(trial, example)
                continue
            screen = trial.send(example)
            where = f"examples/{example.name}.yaml"
            if isinstance(screen, Sent):
                raise AssertionError(f"{where} is taken, though it says that it is refused")
            named = {name for name, _ in (*screen.page.faults, *screen.warnings)}
            expect(named == set(example.faults), f"{where}: faults at {sorted(named)}")

    def test_every_grant_allows_and_refuses(self) -> None:
        """A grant reaches the rows of its place, and no others; without it nothing is reached."""
        roles = roles_with(self.roles, [self.system])
        trial = Trial(self.desk(), roles, self.calendar, None)  # type: ignore[arg-type]
        nobody = trial.visitor("nobody").access
        for grant in self.system.grants:
            for kind in sorted(grant.types):
                for interaction in sorted(grant.interactions):
                    where = f"{grant.role} {interaction} {kind}"
                    for place in (HERE, BESIDE, FAR):
                        row = RowFacts(place[2], place[1], place[1])
                        rule = predicate(trial.visitor(grant.role).access, interaction, kind)
                        wanted = _reached(grant.sees, place) or _others(
                            self.roles, grant.role, interaction, kind, place
                        )
                        expect(allows(rule, row) == wanted, f"{where} at {place}: not {wanted}")
                        rule = predicate(nobody, interaction, kind)
                        expect(not allows(rule, row), f"somebody without a role may {where}")

    def test_records_are_shown_to_those_who_may_only(self, database: SyncDatabase) -> None:
        """A record's page opens for its place, not for another province, not for a stranger."""
        trial = self.trial(database)
        trial.write_all(self.examples())
        for name, sent in trial.sent.items():
            example = next(each for each in self.examples() if each.name == name)
            if trial.desk.view(sent.record.partition("/")[0]) is None:
                continue
            role = trial.role_of(example)
            for language in LANGUAGES:
                who = trial.visitor(role, language=language)
                screen = trial.run(trial.desks.record(trial.desk.key, sent.record, who))
                expect(bool(screen.title and screen.sections), f"{sent.record}: an empty page")
            for who in (trial.visitor("nobody"), trial.visitor(role, FAR)):
                if who.role == role and self._everywhere(trial, role, sent):
                    continue
                expect(_refused(trial, sent, who), f"{name} is shown to {who.account}")

    def test_transitions_are_for_their_roles(self, database: SyncDatabase) -> None:
        """From each state, each role is offered the transitions that are its own and no others."""
        trial = self.trial(database)
        trial.write_all(self.examples())
        for states in self.desk().workflows:
            sent = next((s for s in trial.sent.values() if _of(trial, s, states)), None)
            if sent is None or sent.case is None:
                raise AssertionError(f"no example opens a case of {states.key}")
            for state in (each for each in states.states if not each.final):
                trial.run(
                    execute(
                        "UPDATE workflow.cases SET state = $2::text, closed_at = NULL"
                        " WHERE id = $1::text",
                        sent.case,
                        state.name,
                    )
                )
                for role in sorted(trial.roles):
                    ways = [w for w in states.transitions if state.name in w.sources]
                    self._offered(trial, sent.case, role, ways)

    def test_every_list_is_drawn(self, database: SyncDatabase) -> None:
        """Each list opens for its roles in both languages, with the rows that examples made."""
        trial = self.trial(database)
        trial.write_all(self.examples())
        lists = Lists(trial.store, trial.workflow)
        for definition in trial.desk.lists:
            for role in sorted(self.desk().list_roles.get(definition.key, ())):
                for language in LANGUAGES:
                    who = trial.visitor(role, language=language)
                    trial.desks.list_definition(trial.desk.key, definition.key, who)
                    screen = trial.run(
                        lists.screen(definition, (), who.access, who.account, language)
                    )
                    expect(bool(screen.title), f"list {definition.key} has no title")

    def test_every_overview_is_drawn(self, database: SyncDatabase) -> None:
        """Each overview opens for its roles in both languages, of the country, of a province and of
        whoever is signed in nowhere where it is public; for no other role."""
        trial = self.trial(database)
        trial.write_all(self.examples())
        for overview in self.desk().overviews:
            area = next((f.name for f in overview.fields if isinstance(f, Area)), "")
            for role in sorted(overview.roles):
                for language in LANGUAGES:
                    who = trial.visitor(role, language=language)
                    for query in ({}, {area: "01"}) if area else ({},):
                        screen = trial.look(overview.key, who, query)
                        empty = not (screen.title.strip() and (screen.blocks or screen.entries))
                        expect(not empty, f"page {overview.key} says nothing to {role}")
            if not overview.public:
                try:
                    trial.look(overview.key, trial.visitor("nobody"), {})
                except DeskError:
                    continue
                raise AssertionError(f"page {overview.key} is shown to somebody without a role")

    def test_statements_are_counted(self, database: SyncDatabase) -> None:
        """No screen or act takes more statements than `tests/queries.yaml` says."""
        trial = self.trial(database)
        now = dict(self._counts(trial))
        path = self.folder() / "tests" / "queries.yaml"
        if os.environ.get("LANH_BASELINES") == "1":
            path.write_text(yaml.safe_dump(now, sort_keys=True), encoding="utf-8")
        expect(path.is_file(), f"{path.name} is missing: run once with LANH_BASELINES=1")
        before = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        more = {k: (before.get(k), n) for k, n in now.items() if n > before.get(k, 0)}
        expect(not more, f"more statements than before (before, now): {more}")

    def test_every_worked_figure_comes_out(self, tmp_path: Path) -> None:
        """Records of `examples/figures/` in, the figures that they say out; `counts` is what the
        installation counts without the system."""
        files = worked_figures(self.folder())
        expect(bool(files) == bool(self.system.indicators), "indicators need worked figures")
        for worked in files:
            base = self.counts
            if base is None:
                raise AssertionError("`counts` is missing: what is counted without the system")
            figures = told(worked, counting(base, [self.system]), tmp_path / worked.name)
            wrong = [each for each in figures if each[1] != each[2]]
            expect(not wrong, f"{worked.name} (figure, expected, found): {wrong}")

    # ---- what the tests are made of -----------------------------------------------------------

    def _judge(self, trial: Trial, example: Example) -> None:
        sent = trial.sent[example.name]
        where = f"examples/{example.name}.yaml"
        access = trial.visitor(trial.role_of(example)).access
        keys = [tuple(each.split("/")) for each in sent.written]
        stored: list[Stored] = trial.run(
            trial.store.read_many([(k, n) for k, n in keys], Context(access))
        )
        for record in stored:
            faults = [i for i in fhir.validate(record.resource()) if i.severity == "error"]
            expect(not faults, f"{where}: {record.type} is not valid: {faults[:3]}")
        form = trial.desk.form(example.form)
        response = next((s for s in stored if s.type == "QuestionnaireResponse"), None)
        if form is None or response is None:
            return
        written = [s.resource() for s in stored if s is not response]
        back = forms.read_back(form.form, written).response()
        lost = [
            change.say("en")
            for change in forms.differences(form.form, response.resource(), back)
            if change.item.extraction.definition is not None
        ]
        expect(not lost, f"{where}: other answers are read back: {lost[:5]}")

    def _everywhere(self, trial: Trial, role: str, sent: Sent) -> bool:
        """Whether a role may read such a record wherever it stands."""
        kind = sent.record.partition("/")[0]
        rule = predicate(trial.visitor(role).access, "read", kind)
        return allows(rule, RowFacts("none", "none", "none"))

    def _offered(self, trial: Trial, case: str, role: str, ways: list[Transition]) -> None:
        try:
            choices = trial.run(trial.workflow.choices(case, trial.visitor(role).access))
        except WorkflowError:
            choices = []
        offered = {each.transition.name for each in choices}
        own = {way.name for way in ways if role in way.roles}
        expect(offered == own, f"{role} is offered {sorted(offered)}, its own are {sorted(own)}")

    def _counts(self, trial: Trial) -> Iterator[tuple[str, int]]:
        for example in self.examples():
            if example.faults:
                continue
            who = trial.visitor(trial.role_of(example))
            about = trial.about(example)
            key = trial.desk.key
            screen, begun = trial.run(counted(trial.desks.begin(key, example.form, who, about)))
            fields = {**fields_of(screen.page), **example.fields}
            done, count = trial.run(
                counted(
                    trial.desks.send(
                        screen.draft, who, fields, screen.submission, reason=example.reason,
                        accept_warnings=bool(example.reason),
                    )
                )
            )  # fmt: skip
            if isinstance(done, FormScreen):
                raise AssertionError(f"examples/{example.name}.yaml: {done.page.faults}")
            trial.sent[example.name] = done
            yield f"{example.name}: begin", begun
            yield f"{example.name}: send", count
            if trial.desk.view(done.record.partition("/")[0]) is not None:
                _, count = trial.run(counted(trial.desks.record(key, done.record, who)))
                yield f"{example.name}: record", count
            _, count = trial.run(counted(trial.desks.home(key, who)))
            yield f"{example.name}: home", count
        forget()  # what is remembered would take no statement
        for overview in trial.desk.overviews:
            who = trial.visitor(min(overview.roles))
            page = trial.desks.page(trial.desk.key, overview.key, who, {})
            _, count = trial.run(counted(page))
            yield f"page {overview.key}", count


def _refused(trial: Trial, sent: Sent, who: Visitor) -> bool:
    try:
        trial.run(trial.desks.record(trial.desk.key, sent.record, who))
    except DeskError:
        return True
    return False


def _of(trial: Trial, sent: Sent, states: Definition) -> bool:
    if sent.case is None:
        return False
    for role in trial.roles:
        try:
            case = trial.run(trial.workflow.case(sent.case, trial.visitor(role).access))
        except WorkflowError:
            continue
        return case.definition == states.key
    return False


def _reached(sees: frozenset[Sight], place: tuple[str, str, str]) -> bool:
    """Whether somebody at HERE reaches rows of a place by these ties."""
    if Sight.EVERYTHING in sees:
        return True
    if Sight.FACILITY in sees and place == HERE:
        return True
    return bool(sees & {Sight.CUSTODIAN, Sight.RESIDENCE}) and place[1] == HERE[1]


def _others(
    roles: Roles, role: str, interaction: Interaction, kind: str, place: tuple[str, str, str]
) -> bool:
    """Whether the role reaches such rows by rights that it has without the system."""
    return any(
        interaction in right.interactions
        and (right.types is None or kind in right.types)
        and _reached(right.sees, place)
        for right in roles[role].rights
    )


def _expect_words(form: str, page: Page, language: Language) -> None:
    def walk(block: Block) -> None:
        # A group may go without words; a question may not.
        if block.kind != "group":
            expect(bool((block.label or "").strip()), f"{form} {block.key}: no words ({language})")
        for each in block.fields:
            for choice in each.choices:
                expect(bool(choice.label.strip()), f"{form} {block.key}: an option has no words")
            for inner in each.below:
                walk(inner)
        for row in block.rows:
            for inner in row.blocks:
                walk(inner)

    for block in page.blocks:
        walk(block)
