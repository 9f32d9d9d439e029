"""Profiles and logical models that stand in the record store, and judging by them.

`Conformance(terminology, store)` keeps, in each process, what is stored and current:

    hook       for `Store(hooks=...)`: takes note of StructureDefinitions and ImplementationGuides
    admit      for `Store(admission=...)`: refuses what breaks a stored profile, within the write
    issues(resource, context, named=, warnings=) -> Plan[list[Issue]]    for `$validate`
    logical_issues(model, instance, context, warnings=) -> Plan[list[Issue]]

A StructureDefinition judges the resources that name it in meta.profile. What every resource of a
type must keep is said by an ImplementationGuide's `global`, and only by one of the country's.
"""

from lanh.core.profiles.conformance import Conformance, NotConforming

__all__ = ["Conformance", "NotConforming"]
