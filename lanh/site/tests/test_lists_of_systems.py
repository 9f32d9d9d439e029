"""The lists of installed systems ask for nothing that the store cannot give, or gives slowly."""

from __future__ import annotations

import lanh.systems
from lanh.core.lists import faults_of
from lanh.kit import desks_of

OWN = {"commune"}  # lanh/nation/codes/derived/search_commune.yaml


def test_no_list_of_a_system_has_a_fault() -> None:
    told = [
        f"{desk.key}/{each.key}: {fault.en}"
        for desk in desks_of(lanh.systems)
        for each in desk.lists
        for fault in faults_of(each, OWN)
    ]
    assert told == []
