"""What is kept of messages, how long, by kind; seals and archive that show what was altered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from lanh.connectors.fhir.tests.support import send
from lanh.connectors.hl7v2.tests.sample import admission
from lanh.connectors.hl7v2.tests.test_ledger import KIND, faulty, receipt
from lanh.core import bus
from lanh.core.bus import Policy
from lanh.core.database import SyncDatabase, execute, fetch
from lanh.core.signing import Algorithm, SoftwareKey, create_key

NOW = datetime.now(UTC)


@pytest.fixture
def key(tmp_path: Path) -> SoftwareKey:
    private = create_key(tmp_path / "key", Algorithm.ECDSA_SHA256)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(private.public_key()).serial_number(1)
        .not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )  # fmt: skip
    return SoftwareKey(private, (made,))


def sizes(database: SyncDatabase) -> list[int]:
    return [row[0] for row in database.read(fetch("SELECT size FROM bus.message ORDER BY number"))]


def test_content_goes_when_its_kind_is_over(database: SyncDatabase) -> None:
    """The clock is moved: HL7 v2 is kept thirty days here, everything else two years."""
    database.transact(bus.keep(Policy("hl7v2", "full", 30)))
    first = send(database, admission("M1"), KIND)
    send(database, {"resourceType": "Patient", "id": "p1"})
    assert database.transact(bus.retire(NOW + timedelta(days=29))) == 0
    assert database.transact(bus.retire(NOW + timedelta(days=31))) == 1
    before = sizes(database)
    assert before[0] == 0 and before[1] > 0
    assert send(database, admission("M1"), KIND)["id"] == first["id"], "a resend finds its receipt"
    assert database.transact(bus.retire(NOW + timedelta(days=731))) == 1
    assert sizes(database) == [0, 0]


@pytest.mark.parametrize(("level", "kept"), [("full", True), ("metadata", False), ("none", False)])
def test_how_much_is_logged_is_a_matter_of_kind(
    database: SyncDatabase, level: bus.keeping.Level, kept: bool
) -> None:
    database.transact(bus.keep(Policy("hl7v2", level, 30)))
    taken = send(database, admission("M1"), KIND)
    refused = send(database, faulty(2), KIND)
    size = sizes(database)
    assert (size[0] > 0) is kept and size[1] > 0, "what has to be mended is kept"
    assert refused["issues"] or refused["parts"][0]["issues"]
    [words] = database.read(
        fetch("SELECT content_type FROM bus.message WHERE id = $1", taken["id"])
    )
    assert (words[0] != "") is (level != "none")


def test_seals_show_what_was_altered(database: SyncDatabase, key: SoftwareKey) -> None:
    database.transact(bus.keep(Policy("fhir", "none", 30)))
    send(database, {"resourceType": "Patient", "id": "p1"})
    names = [send(database, admission(f"M{n}"), KIND)["id"] for n in range(3)]
    assert database.transact(bus.seal(key, NOW)) == 3
    assert database.transact(bus.seal(key, NOW)) == 0
    send(database, faulty(5), KIND)
    assert database.transact(bus.seal(key, NOW)) == 1
    found = database.read(bus.verify_seals())
    assert (found.seals, found.messages, found.broken) == (2, 4, [])
    assert database.read(bus.verify_seals([b"another key"])).broken == [1, 2]
    database.transact(bus.erase_messages(names[:1]))
    assert database.read(bus.verify_seals()).broken == []
    back = "UPDATE bus.message SET received_at = received_at - interval '1 day' WHERE id = $1"
    database.transact(execute(back, names[1]))
    assert database.read(bus.verify_seals()).broken == [1]


def test_the_archive_is_signed_and_erasure_reaches_it(
    database: SyncDatabase, key: SoftwareKey, tmp_path: Path
) -> None:
    content = admission("M1")
    taken = send(database, content, KIND)["id"]
    send(database, faulty(2), KIND)
    later = NOW + timedelta(days=731)
    assert database.transact(bus.archive(tmp_path, key, NOW)) is None
    done = database.transact(bus.archive(tmp_path, key, later))
    assert done is not None and done.messages == 1
    assert content not in done.path.read_bytes() and sizes(database)[0] == 0
    assert bus.verify_archive(done.path).messages == 1
    assert database.read(bus.read_archived(done.path, taken)) == content
    assert receipt(database, taken)["state"] == "accepted"
    database.transact(bus.erase_messages([taken]))
    with pytest.raises(bus.ArchiveFault, match="erased"):
        database.read(bus.read_archived(done.path, taken))
    data = done.path.read_bytes()
    done.path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(bus.ArchiveFault, match="altered"):
        bus.verify_archive(done.path)
