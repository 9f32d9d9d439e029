"""Which cases somebody may see and act on, as SQL conditions on workflow.cases: deny by default.

Cases go by the grants on the record type of their definition. Seeing asks for `read` or `search`;
acting asks for `update` (opening for `create`) by a grant of one of the roles that may.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from lanh.core.access import Access, Interaction, Nothing, predicate
from lanh.core.database import Plan, fetch
from lanh.core.store import Arguments, bucket_of, condition
from lanh.core.workflow.cases import Case, Focus
from lanh.core.workflow.definitions import Definitions


def visible(
    definitions: Definitions, access: Access, interaction: Interaction, arguments: Arguments
) -> str:
    """The condition under which a case `c` may be seen."""
    parts = []
    for kind, keys in sorted(definitions.types().items()):
        rule = predicate(access, interaction, kind)
        if not isinstance(rule, Nothing):
            of_kind = arguments.add(keys, "text[]")
            rows = condition(rule, arguments, patients=False, alias="c")
            parts.append(f"(c.definition = ANY({of_kind}) AND {rows})")
    return f"(({' OR '.join(parts)}) IS TRUE)" if parts else "false"


def by_roles(
    access: Access,
    roles: Collection[str],
    interaction: Interaction,
    kind: str,
    arguments: Arguments,
) -> str:
    """The condition under which a grant of one of the roles reaches a case `c`."""
    narrowed = replace(access, grants=tuple(g for g in access.grants if g.role in roles))
    rule = predicate(narrowed, interaction, kind)
    return f"(({condition(rule, arguments, patients=False, alias='c')}) IS TRUE)"


def reaches(
    case: Case, kind: str, access: Access, roles: Collection[str], interaction: Interaction
) -> Plan[bool]:
    """Whether a grant of one of the roles reaches a case."""
    if not any(grant.role in roles for grant in access.grants):
        return False
    arguments = Arguments(case.id)
    rule = by_roles(access, roles, interaction, kind, arguments)
    rows = yield from fetch(
        f"SELECT {rule} FROM workflow.cases c WHERE c.id = $1::text",  # noqa: S608
        *arguments.values,
    )
    return bool(rows and rows[0][0])


def may_open(focus: Focus, kind: str, access: Access, roles: Collection[str]) -> Plan[bool]:
    """Whether a case about a record may be opened, before there is a row."""
    if not any(grant.role in roles for grant in access.grants):
        return False
    arguments = Arguments(
        focus.patient,
        focus.custodian,
        focus.commune,
        focus.sensitivity or None,
        bucket_for(focus),
    )
    rule = by_roles(access, roles, "create", kind, arguments)
    rows = yield from fetch(
        f"SELECT {rule} FROM (SELECT $1::text AS patient, $2::text AS custodian,"  # noqa: S608
        " $3::text AS commune, $4::text AS sensitivity, $5::smallint AS bucket) c",
        *arguments.values,
    )
    return bool(rows[0][0])


def bucket_for(focus: Focus) -> int:
    """The bucket of the case's patient, or of its record where it concerns none."""
    return bucket_of(focus.patient or focus.id)
