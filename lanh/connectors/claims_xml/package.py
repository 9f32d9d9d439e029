"""A claim package read and checked: its episode, its rows, and what is wrong with each."""

from __future__ import annotations

from dataclasses import dataclass, field

from lanh.connectors.claims_xml import rules
from lanh.connectors.claims_xml.checking import CHECKS, Episode, Policy, apply
from lanh.connectors.claims_xml.editions import CURRENT, bring_up, edition_of
from lanh.connectors.claims_xml.envelope import (
    Child,
    Envelope,
    Row,
    Unreadable,
    is_check_in,
    is_known,
    open_package,
    read_rows,
)
from lanh.connectors.claims_xml.fields import CERTIFICATES, CHECK_IN, OLD_FORM, RULE_OF, TABLES
from lanh.connectors.claims_xml.figures import (
    LINE_FIGURES,
    Figures,
    check_line,
    check_totals,
    figures_of_rows,
)
from lanh.connectors.claims_xml.words import WORDS
from lanh.core.fhir import Issue, Severity

_OPEN = Policy()


@dataclass(slots=True)
class Checked:
    """A row, its number in its table (from 1), and what concerns the record or the money."""

    row: Row
    number: int
    issues: list[Issue] = field(default_factory=list)
    money: list[Issue] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether no record can be made of the row."""
        return any(issue.severity == "error" for issue in self.issues)


@dataclass(slots=True)
class Package:
    """A package, or a check-in: `issues` concern the whole.

    `unread` names certificates that could not be read; the care is taken without them. `edition` is
    the decision whose form it has; rows are in the names of today. A check-in has no episode.
    """

    facility: str = ""
    case: str = ""
    episode: Checked | None = None
    rows: dict[str, list[Checked]] = field(default_factory=dict)
    unread: list[tuple[str, Issue]] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    edition: str = CURRENT
    check_in: bool = False

    def plain(self) -> dict[str, list[Row]]:
        """The rows of every table, XML1 among them."""
        found = {name: [item.row for item in rows] for name, rows in self.rows.items()}
        return {"XML1": [self.episode.row], **found} if self.episode else found

    @property
    def refused(self) -> bool:
        """Whether nothing of the package can be taken."""
        return any(issue.severity in ("error", "fatal") for issue in self.issues)


def read(content: bytes, policy: Policy = _OPEN) -> Package:
    """Open, read and check a package or a check-in. Never raises: faults are issues.

    `policy` is what the installation decides of the rules, with the code lists it holds.
    """
    if is_check_in(content):
        return _read_check_in(content)
    try:
        envelope = open_package(content)
    except Unreadable as error:
        return Package(issues=[error.issue])
    package = Package(facility=envelope.facility)
    _check_envelope(envelope, package)
    tables: dict[str, list[Row]] = {}
    for number, child in enumerate(envelope.children, start=1):
        _read_child(child, number, tables, package)
    package.edition = edition_of(tables)
    bring_up(tables, package.edition)
    _check_episode(tables, package)
    if package.episode is not None:
        _check_rows(tables, package)
        if package.edition != OLD_FORM and not package.refused:
            _apply_rules(package, policy)
    return package


def _apply_rules(package: Package, policy: Policy) -> None:
    """The rules beyond fields; a finding stands with the row it is about."""
    seen = Episode(package.plain(), policy.catalogues)
    for rule, finding, issue in apply(seen, CHECKS, policy):
        if rule.effect == "package":
            package.issues.append(issue)
            continue
        rows = package.rows.get(finding.table)
        item = rows[finding.row - 1] if rows else package.episode
        if item is None:
            continue
        # What refuses the claim must not refuse the care, and care has no word on the claim.
        of_claim = rule.effect == "claim" and issue.severity in ("error", "fatal")
        (item.money if of_claim else item.issues).append(issue)


def _read_check_in(content: bytes) -> Package:
    """A file of XML0: sent before there is a claim, for one visit or several of one facility."""
    package = Package(check_in=True)
    try:
        rows = read_rows(Child(CHECK_IN, content))
    except Unreadable as error:
        package.issues.append(error.issue)
        return package
    if not rows:
        _fault(package, CHECK_IN, "no-check-in")
        return package
    package.facility = rows[0].values.get("MA_CSKCB", "")
    package.case = rows[0].values.get("MA_LK", "")
    if len({row.values.get("MA_CSKCB", "") for row in rows}) > 1:
        _fault(package, f"{CHECK_IN}.MA_CSKCB", "facilities-differ")
    checked = [Checked(row, number) for number, row in enumerate(rows, start=1)]
    for item in checked:
        item.issues = rules.check_row(TABLES[CHECK_IN], item.row, item.number, None)
    for number, issue in rules.check_serials(CHECK_IN, rows):
        checked[number - 1].issues.append(issue)
    package.rows[CHECK_IN] = checked
    return package


def _fault(
    package: Package, at: str, key: str, *, severity: Severity = "error", **parameters: object
) -> None:
    package.issues.append(
        Issue(severity, "structure", at, WORDS.message(key, **parameters), RULE_OF.get(key, ""))
    )


def _check_envelope(envelope: Envelope, package: Package) -> None:
    if not envelope.facility:
        _fault(package, "THONGTINDONVI.MACSKCB", "facility-missing")
    if envelope.cases != 1 or envelope.count not in ("", "1"):
        count = str(envelope.cases if envelope.cases != 1 else envelope.count[:10])
        _fault(package, "THONGTINHOSO.SOLUONGHOSO", "one-case", count=count)
    if envelope.created and rules.parse_day(envelope.created) is None:
        _fault(package, "THONGTINHOSO.NGAYLAP", "created-wrong", severity="warning",
               value=envelope.created[:20])  # fmt: skip


def _read_child(child: Child, number: int, tables: dict[str, list[Row]], package: Package) -> None:
    at = f"FILEHOSO[{number}].LOAIHOSO"
    if not is_known(child.kind):
        _fault(package, at, "table-unknown", table=child.kind[:20])
    elif child.kind in tables:
        _fault(package, at, "table-twice", table=child.kind)
    else:
        try:
            tables[child.kind] = read_rows(child)
        except Unreadable as error:
            if child.kind in CERTIFICATES:
                issue = Issue("error", "structure", error.issue.expression, error.issue.message)
                package.unread.append((child.kind, issue))
            else:
                tables[child.kind] = []
                package.issues.append(error.issue)


def _check_episode(tables: dict[str, list[Row]], package: Package) -> None:
    if "XML1" not in tables:
        if not package.refused:
            _fault(package, "XML1", "no-episode")
        return
    if len(tables["XML1"]) != 1:
        if not package.refused:
            _fault(package, "XML1", "episode-rows", count=len(tables["XML1"]))
        return
    row = tables["XML1"][0]
    checked = Checked(row, 1)
    package.case = row.values.get("MA_LK", "")
    found = rules.check_row(TABLES["XML1"], row, 1, None) + rules.check_episode(row)
    for issue in found:
        name = issue.expression.rpartition(".")[2]
        (checked.money if name in _OF_THE_CARD else checked.issues).append(issue)
    inner = row.values.get("MA_CSKCB", "")
    if inner and package.facility and inner != package.facility:
        _fault(package, "XML1[1].MA_CSKCB", "facility-differs", inner=inner[:10],
               outer=package.facility[:10])  # fmt: skip
    package.episode = checked


_OF_THE_CARD = frozenset(field.name for field in TABLES["XML1"].fields if field.fault == "claim")


def _check_rows(tables: dict[str, list[Row]], package: Package) -> None:
    for name, table in TABLES.items():
        rows = tables.get(name, [])
        if name == "XML1" or not rows:
            continue
        checked = [Checked(row, number) for number, row in enumerate(rows, start=1)]
        for item in checked:
            item.issues = rules.check_row(table, item.row, item.number, package.case)
            item.issues += _together(name, item)
            if name in LINE_FIGURES and not item.refused and package.edition != OLD_FORM:
                item.money = check_line(name, item.row, item.number)
        for number, issue in rules.check_serials(name, rows):
            checked[number - 1].issues.append(issue)
        if table.single and len(rows) > 1:
            many = rules.issue("error", "structure", name, 2, "", "single-rows", count=len(rows))
            for item in checked[1:]:
                item.issues.append(many)
        package.rows[name] = checked
    episode = package.episode
    lines = {name: package.rows.get(name, []) for name in LINE_FIGURES}
    if episode is not None and not any(item.refused for rows in lines.values() for item in rows):
        plain = {name: [item.row for item in rows] for name, rows in lines.items()}
        episode.money += check_totals(episode.row, plain)


def _together(table: str, item: Checked) -> list[Issue]:
    """Fields of which one of several must be there."""
    values = item.row.values
    if table == "XML3" and not (values.get("MA_DICH_VU") or values.get("MA_VAT_TU")):
        return [
            rules.issue("error", "required", table, item.number, "MA_DICH_VU", "code-or-supply")
        ]
    if table == "XML4" and not any(values.get(name) for name in ("GIA_TRI", "MO_TA", "KET_LUAN")):
        return [rules.issue("error", "required", table, item.number, "GIA_TRI", "result-missing")]
    return []


def figures(content: bytes | Package) -> Figures:
    """The figures of a package. Raises ValueError where it cannot be read."""
    package = content if isinstance(content, Package) else read(content)
    if package.episode is None or package.refused:
        raise ValueError("; ".join(issue.message.en for issue in package.issues) or "no episode")
    rows = {name: [item.row for item in rows] for name, rows in package.rows.items()}
    return figures_of_rows(package.episode.row, rows)
