"""Tries a system out as its users would, without a browser.

A system's test hands it over in a class of its own:

    class TestSystem(SystemTests):
        system, roles, calendar = SYSTEM, ROLES, packaged()

Each form and each overview is drawn in both languages, each file of `examples/` is sent and its
records judged and read back, each grant and each transition is tried by every role, and statements
are counted against `tests/queries.yaml` (written where LANH_BASELINES=1).
"""

from lanh.kit.harness.suite import SystemTests
from lanh.kit.harness.trying import EveryCode, Trial, counted, text_of

__all__ = ["EveryCode", "SystemTests", "Trial", "counted", "text_of"]
