"""Texts in names of things, answered by an index of their words: none is missed, none is added."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanh.core.access import system_access
from lanh.core.database import SyncDatabase, execute, fetch
from lanh.core.store import Context, Store, Write
from lanh.core.text import fold

CONTEXT = Context(system_access("test"))
NAMES = (
    "Khoa Mắt", "khoa  mắt trẻ em", "Mắt", "O'Brien (cũ) \\ 'mới'", "a & b | !c:* <-> d",
    "x" * 300, "Giường 01", "Giường 011", "", "Đắk Hà", "*", ":", "khoa", "mat khoa",
)  # fmt: skip


def kept(database: SyncDatabase) -> None:
    writes = [
        Write("create", "Location", None, {"resourceType": "Location", "name": name})
        for name in NAMES
        if name
    ]
    database.transact(Store().write(writes, CONTEXT))


def found(database: SyncDatabase, text: str) -> set[str]:
    store = Store()
    escaped = "".join(f"\\{sign}" if sign in "\\,|$" else sign for sign in text)
    search, _ = database.read(store.parse("Location", [("name", escaped), ("_count", "100")]))
    return {
        str(each.resource()["name"])
        for each in database.read(store.search(search, CONTEXT)).entries
    }


def meant(text: str) -> set[str]:
    """By the rule: a value holds the text from the beginning of a word on."""
    return {name for name in NAMES if name and f" {fold(text)}" in f" {fold(name)}"}


def test_each_text_finds_what_holds_it(database: SyncDatabase) -> None:
    kept(database)
    pieces = st.one_of(
        st.sampled_from(NAMES).flatmap(
            lambda name: st.tuples(st.integers(0, len(name)), st.integers(0, len(name))).map(
                lambda ends: name[min(ends) : max(ends)]
            )
        ),
        st.text(st.sampled_from("akhomt '\\&|!:*()<->0"), max_size=6),
    )

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
    @given(pieces.filter(lambda text: bool(fold(text))))
    def agrees(text: str) -> None:
        assert found(database, text) == meant(text)

    agrees()


def test_a_rare_word_is_found_by_the_index_and_a_frequent_one_in_order(
    database: SyncDatabase,
) -> None:
    database.transact(
        execute(
            "INSERT INTO store.location (updated, version, bucket, dictionary, id, tokens, strings,"
            " sort_name) SELECT now(), 1, 0, 0, 'b' || n, '{}', E'\\x1fname\\x1egiuong ' || n,"
            " 'giuong ' || n FROM generate_series(1, 20000) AS n"
        )
    )
    database.transact(execute("ANALYZE store.location"))
    for text, index in (("'giuong':*", "sort_name"), ("'777':*", "words"), ("'zz':*", "words")):
        told = database.read(
            fetch(
                "EXPLAIN SELECT id FROM store.location WHERE store.words(strings) @@ $1::tsquery"
                " ORDER BY sort_name NULLS FIRST, id LIMIT 26",
                text,
            )
        )
        assert index in " ".join(str(row[0]) for row in told), (text, told)
