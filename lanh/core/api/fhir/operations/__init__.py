"""Operations (`$name`, R4 3.2): a registry, and those that need no engine beside the store."""

from lanh.core.api.fhir.operations.registry import Operation, Operations

OWN: tuple[Operation, ...] = ()

__all__ = ["OWN", "Operation", "Operations"]
