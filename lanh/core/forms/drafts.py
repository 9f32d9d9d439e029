"""What a person has begun to fill in: saved with its version, resumed, expiring, never doubled.

Drafts are no records: no feed, and nobody but the person reads them. Whoever else edits the same
record is told of by opaque id, so that a page can say that two people are at it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lanh.core import fhir
from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.forms.errors import Refused
from lanh.core.forms.model import Form
from lanh.core.forms.sdc import Json

LIFETIME = timedelta(days=30)
LARGEST = 2_000_000
"""Bytes of a draft."""

_COLUMNS = (
    "id, person, form, form_version, record, record_version, revision, response, saved_at,"
    " expires_at"
)
_INSERT = f"""
INSERT INTO forms.draft (id, person, form, form_version, record, record_version, patient,
                         response, expires_at)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::bigint, $7::text, $8::text,
        now() + $9::interval)
ON CONFLICT (person, form, record) DO NOTHING
RETURNING {_COLUMNS}
"""  # noqa: S608 - the columns are constants
_UPDATE = f"""
UPDATE forms.draft
SET response = $4::text, form_version = $5::text, patient = coalesce($6::text, patient),
    record_version = coalesce($8::bigint, record_version),
    revision = revision + 1, saved_at = now(), expires_at = now() + $7::interval
WHERE id = $1::text AND person = $2::text AND revision = $3::integer
RETURNING {_COLUMNS}
"""  # noqa: S608
_RESUME = f"""
SELECT {_COLUMNS} FROM forms.draft
WHERE person = $1::text AND form = $2::text AND record = $3::text AND expires_at > now()
"""  # noqa: S608
_BY_ID = f"""
SELECT {_COLUMNS} FROM forms.draft
WHERE id = $1::text AND person = $2::text AND expires_at > now()
"""  # noqa: S608
_OF_PERSON = f"""
SELECT {_COLUMNS} FROM forms.draft WHERE person = $1::text AND expires_at > now()
ORDER BY saved_at DESC, id LIMIT 200
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Draft:
    """A kept draft. `revision` counts the saves; `record_version` is the version of the record
    that was there when it was begun, None where something new is made."""

    id: str
    person: str
    form: str
    form_version: str
    record: str
    record_version: int | None
    revision: int
    response: Json
    saved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Editor:
    """Who else has begun to edit a record, and when they saved last."""

    person: str
    saved_at: datetime


def _draft(row: Row) -> Draft:
    identity, person, form, version, record, of, revision, response, saved, expires = row
    return Draft(identity, person, form, version, record, of, revision,
                 fhir.loads(response), saved, expires)  # fmt: skip


def _text(response: Json) -> str:
    text = fhir.dumps(response).decode()
    if len(text) > LARGEST:
        raise Refused("too-long", "draft-large", limit=LARGEST)
    return text


def begin_draft(
    person: str,
    form: Form,
    response: Json,
    *,
    record: str = "",
    record_version: int | None = None,
    patient: str | None = None,
    lifetime: timedelta = LIFETIME,
) -> Plan[Draft]:
    """Keeps a new draft; where the person has one of this form and record, that one is given and
    nothing is overwritten: it is to be resumed or dropped. `record` is the reference of what is
    edited (`Type/id`), empty for something new. Raises Refused (too-long)."""
    identity = secrets.token_urlsafe(18)
    row = yield from fetch_one(
        _INSERT, identity, person, form.url, form.version or "", record, record_version, patient,
        _text(response), lifetime,
    )  # fmt: skip
    if row is not None:
        return _draft(row)
    found = yield from resume_draft(person, form.url, record)
    if found is not None:
        return found
    # The one that stood there has expired: it is replaced.
    yield from execute(
        "DELETE FROM forms.draft WHERE person = $1::text AND form = $2::text"
        " AND record = $3::text AND expires_at <= now()",
        person, form.url, record,
    )  # fmt: skip
    again = yield from begin_draft(
        person, form, response, record=record, record_version=record_version, patient=patient,
        lifetime=lifetime,
    )  # fmt: skip
    return again


def resume_draft(person: str, form: str, record: str = "") -> Plan[Draft | None]:
    """The person's draft of a form and record that has not expired."""
    row = yield from fetch_one(
        _RESUME,
        person, form, record,
    )  # fmt: skip
    return None if row is None else _draft(row)


def find_draft(identity: str, person: str) -> Plan[Draft | None]:
    """A draft of the person by its id; None where there is none, or it is another's."""
    row = yield from fetch_one(_BY_ID, identity, person)
    return None if row is None else _draft(row)


def drafts_of(person: str) -> Plan[list[Draft]]:
    """The person's drafts, saved last first."""
    rows = yield from fetch(_OF_PERSON, person)
    return [_draft(row) for row in rows]


def save_draft(
    draft: Draft,
    response: Json,
    *,
    form_version: str | None = None,
    record_version: int | None = None,
    patient: str | None = None,
    lifetime: timedelta = LIFETIME,
) -> Plan[Draft]:
    """Keeps the draft's next revision. `record_version` is the version of the record that its
    person has now been shown. Raises Refused: conflict where another page of the same person has
    saved since, not-found where it was dropped, submitted or has expired."""
    version = draft.form_version if form_version is None else form_version
    row = yield from fetch_one(
        _UPDATE, draft.id, draft.person, draft.revision, _text(response), version, patient,
        lifetime, record_version,
    )  # fmt: skip
    if row is not None:
        return _draft(row)
    held = yield from fetch_one(
        "SELECT revision FROM forms.draft WHERE id = $1::text AND person = $2::text",
        draft.id, draft.person,
    )  # fmt: skip
    if held is None:
        raise Refused("not-found", "draft-gone")
    raise Refused("conflict", "draft-saved-elsewhere")


def drop_draft(draft: Draft) -> Plan[None]:
    """Removes a draft: it was submitted, or its person wants it no more."""
    yield from execute(
        "DELETE FROM forms.draft WHERE id = $1::text AND person = $2::text", draft.id, draft.person
    )


def other_editors(record: str, person: str) -> Plan[list[Editor]]:
    """Who else has a draft of a record, saved last first."""
    rows = yield from fetch(
        "SELECT person, max(saved_at) FROM forms.draft WHERE record = $1::text"
        " AND record <> '' AND person <> $2::text AND expires_at > now()"
        " GROUP BY person ORDER BY max(saved_at) DESC",
        record, person,
    )  # fmt: skip
    return [Editor(*row) for row in rows]


def check_current(draft: Draft, version: int | None) -> None:
    """Raises Refused (conflict) where the record has another version than the draft began with:
    somebody else has changed it, and their change must be looked at first. A write that names
    the version (`Write.if_match`) holds to the same until it commits."""
    if draft.record_version != version:
        raise Refused("conflict", "record-changed")


def forget_drafts(submissions_kept: timedelta = timedelta(days=7)) -> Plan[int]:
    """Drops what has expired; keys of submissions live as long as a page may be sent again."""
    rows = yield from fetch("DELETE FROM forms.draft WHERE expires_at <= now() RETURNING 1")
    yield from execute(
        "DELETE FROM forms.submission WHERE at < now() - $1::interval", submissions_kept
    )
    return len(rows)


def erase_drafts(patients: Sequence[str]) -> Plan[list[str]]:
    """Drops the drafts about source Patients, by order of erasure; gives what they held, as JSON:
    files that they name are to be erased too."""
    rows = yield from fetch(
        "DELETE FROM forms.draft WHERE patient = ANY($1::text[]) RETURNING response::text",
        list(patients),
    )
    return [row[0] for row in rows]
