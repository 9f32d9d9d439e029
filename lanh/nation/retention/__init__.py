"""How long records are kept, by kind, and whose are kept longer than anybody must.

RULES                                     the rules, as data (rules.yaml)
keep(patient, diagnoses, last) -> Keep    which rule decides, and until when
due(on, after, limit) -> Plan             a page of Patients whose records need not be kept any more

Nothing is erased by itself: a records officer decides (see lanh/nation/erasure).
"""

from lanh.nation.retention.rules import RULES, Keep, Rule, keep
from lanh.nation.retention.worklist import Due, due

__all__ = ["RULES", "Due", "Keep", "Rule", "due", "keep"]
