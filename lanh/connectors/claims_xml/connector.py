"""The claims connector: a package to parts, one a row, with the claim as a part of its own.

XML1 is the visit: without it nothing is taken. Each row of XML2 to XML5 is judged by itself. The
claim (Coverage and Claim) needs every line of XML2 and XML3 and figures that add up: where they do
not, the claim is refused and the clinical records are taken all the same.
"""

from __future__ import annotations

from collections import defaultdict

from lanh.connectors.claims_xml.care import course, dispense, report, result, service
from lanh.connectors.claims_xml.case import Case
from lanh.connectors.claims_xml.certificates import certificate
from lanh.connectors.claims_xml.check_in import arrival
from lanh.connectors.claims_xml.checking import Policy
from lanh.connectors.claims_xml.claim import claim
from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.episode import conditions, coverages, encounter, patient
from lanh.connectors.claims_xml.fields import CERTIFICATES, CHECK_IN
from lanh.connectors.claims_xml.figures import LINE_FIGURES
from lanh.connectors.claims_xml.outward import leave, row_extension
from lanh.connectors.claims_xml.package import Checked, Package, read
from lanh.connectors.claims_xml.signature import SignatureCheck
from lanh.connectors.claims_xml.words import WORDS
from lanh.core import fhir
from lanh.core.bus import Draft, Judged, Part, Submission
from lanh.core.fhir import Issue

EPISODE_GROUP = 0
_ROOTS = (b"GIAMDINHHS", b"CHI_TIEU_TRANG_THAI_KCB")


class ClaimsConnector:
    """Claim packages of Decision 3176. A package of the same MA_LK replaces the earlier one."""

    name = "claims-xml"
    media_types = ("application/xml", "text/xml")

    def __init__(
        self, signatures: SignatureCheck | None = None, policy: Policy | None = None
    ) -> None:
        """`signatures` looks at CHUKYDONVI; without it nothing is said of signatures. `policy` is
        what the installation decides of the rules; without it they are as published."""
        self._signatures = signatures
        self._policy = policy or Policy()

    def recognises(self, head: bytes) -> bool:
        """Whether the body begins like XML with the envelope's root."""
        return head.startswith(b"<") and (
            b"<?xml" in head[:10] or any(root in head for root in _ROOTS)
        )

    def judge(self, submission: Submission) -> Judged:
        """Read and check a package. The key is MA_LK."""
        package = read(submission.content, self._policy)
        if self._signatures is not None and not package.refused:
            package.issues += self._signatures(submission.content, package.facility)
        judged = Judged(
            issues=package.issues,
            key=f"{package.facility}\n{package.case}" if package.case else None,
            replaces=True,
            facility=package.facility or None,
        )
        if package.check_in:
            # Each visit of a check-in is told by itself, and none takes back another.
            judged.key = f"{judged.key}\n{CHECK_IN}" if len(package.rows) == 1 else None
            judged.parts = [] if judged.refused else _arrivals(package)
        elif not judged.refused and package.episode is not None:
            judged.parts = _parts(package, package.episode)
        return judged


def _arrivals(package: Package) -> list[Part]:
    parts = []
    for place, item in enumerate(package.rows[CHECK_IN]):
        source = item.row.values.get("MA_LK") or None
        part = Part(place, CHECK_IN, source, issues=item.issues, group=place)
        if not part.refused:
            part.drafts = arrival(Case(package.facility, item.row))
            part.issues = part.issues + _faults(part.drafts)
        if part.refused:
            part.drafts = []
        parts.append(part)
    return parts


def _parts(package: Package, episode: Checked) -> list[Part]:
    case = Case(package.facility, episode.row)
    first = Part(0, "XML1", package.case or None, issues=episode.issues, group=EPISODE_GROUP)
    parts = [first]
    if not first.refused:
        first.drafts = [patient(case), encounter(case), *conditions(case)]
    groups = {
        item.row.values.get("MA_DICH_VU", ""): item.row.values.get("MA_NHOM", "").lstrip("0")
        for item in package.rows.get("XML3", ())
    }
    for table, rows in package.rows.items():
        drafts = _results(case, rows, groups) if table == "XML4" and not first.refused else {}
        for item in rows:
            part = Part(
                len(parts),
                table,
                f"{package.case}/{item.row.values.get('STT', '')}",
                issues=item.issues,
                group=len(parts),
                needs=frozenset({EPISODE_GROUP}),
            )
            if not part.refused and not first.refused:
                part.drafts = drafts.get(item.number, []) or _record(
                    table, case, item.row, item.number
                )
            parts.append(part)
    parts.append(_claim_part(package, episode, case, parts))
    for table, issue in package.unread:
        parts.append(Part(len(parts), table, package.case, issues=[issue], group=len(parts)))
    for part in parts:
        part.issues = part.issues + _faults(part.drafts)
        if part.refused:
            part.drafts = []
    return parts


def _record(table: str, case: Case, row: Row, number: int) -> list[Draft]:
    if table in CERTIFICATES:
        return certificate(case, table, row, number)
    if table == "XML2":
        return [dispense(case, row)]
    if table == "XML3":
        draft = service(case, row)
        return [draft] if draft else []
    return [_with_row(course(case, row), table, row)] if table == "XML5" else []


def _with_row(draft: Draft, table: str, row: Row) -> Draft:
    """The draft with the row that made it, so that the form can be written again."""
    body = draft.body or {}
    body["extension"] = [*body.get("extension", ()), row_extension(table, row.values)]
    return draft


def _results(case: Case, rows: list[Checked], groups: dict[str, str]) -> dict[int, list[Draft]]:
    """The drafts of the XML4 rows by row number; a report stands with its first good row."""
    drafts: dict[int, list[Draft]] = {}
    reports: dict[tuple[str, str], list[Checked]] = defaultdict(list)
    for item in rows:
        if not item.refused:
            made = result(case, item.row, groups)
            drafts[item.number] = [_with_row(made, "XML4", item.row)] if made else []
            key = (item.row.values["MA_DICH_VU"], item.row.values["NGAY_KQ"])
            reports[key].append(item)
    for (code, _), members in reports.items():
        results = [draft for item in members for draft in drafts[item.number]]
        made = report(case, [item.row for item in members], results, groups.get(code, ""))
        for item in members:
            if not drafts[item.number]:
                _with_row(made, "XML4", item.row)
        drafts[members[0].number].append(made)
    return drafts


def _claim_part(package: Package, episode: Checked, case: Case, parts: list[Part]) -> Part:
    lines = {table: package.rows.get(table, []) for table in LINE_FIGURES}
    issues = list(episode.money)
    for rows in package.rows.values():
        issues += [issue for item in rows for issue in item.money]
    if any(item.refused for rows in lines.values() for item in rows):
        message = WORDS.message("line-refused")
        issues.append(Issue("error", "processing", "Claim", message))
    needs = frozenset(part.group for part in parts if part.type in ("XML1", *LINE_FIGURES))
    part = Part(len(parts), "Claim", package.case, issues=issues, group=len(parts), needs=needs)
    if not part.refused and not parts[0].refused:
        rows_of = {table: [item.row for item in rows] for table, rows in lines.items()}
        part.drafts = [*coverages(case), claim(case, rows_of)]
        leave(
            [*parts[0].drafts, *part.drafts],
            {"XML1": [case.row.values], **{t: [r.values for r in rows_of[t]] for t in rows_of}},
        )
    return part


def _faults(drafts: list[Draft]) -> list[Issue]:
    """What FHIR finds wrong in the records made: a value that no field check caught."""
    return [
        issue
        for draft in drafts
        for issue in fhir.validate({**(draft.body or {}), "id": draft.id})
        if issue.severity in ("error", "fatal")
    ]
