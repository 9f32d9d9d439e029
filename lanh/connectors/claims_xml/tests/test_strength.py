"""A medicine's strength is said once, however the catalogue parts it from the name."""

from __future__ import annotations

import pytest

from lanh.connectors.claims_xml.care import named


@pytest.mark.parametrize(
    ("name", "strength", "expected"),
    [
        ("Paracetamol", "500mg", "Paracetamol 500mg"),
        ("Paracetamol 500mg", "500 mg", "Paracetamol 500mg"),
        ("Paracetamol", "", "Paracetamol"),
        ("Salbutamol 100mcg/liều", "100mcg/liều x 200 liều", "Salbutamol 100mcg/liều x 200 liều"),
        (
            "Budesonid + formoterol 160mcg + 4,5mcg",
            "160mcg + 4,5mcg x 120 liều",
            "Budesonid + formoterol 160mcg + 4,5mcg x 120 liều",
        ),
        ("Vitamin B1", "1 mg x 10", "Vitamin B1 1 mg x 10"),
    ],
)
def test_a_strength_is_said_once(name: str, strength: str, expected: str) -> None:
    assert named(name, strength) == expected
