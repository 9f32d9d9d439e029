"""Operations (`$name`, R4 3.2): a registry, and those that need no engine beside the store."""

from lanh.core.api.fhir.operations.document import DOCUMENT
from lanh.core.api.fhir.operations.everything import EVERYTHING
from lanh.core.api.fhir.operations.lastn import LASTN
from lanh.core.api.fhir.operations.metas import META, META_ADD, META_DELETE
from lanh.core.api.fhir.operations.registry import Operation, Operations
from lanh.core.api.fhir.operations.validating import VALIDATE

OWN: tuple[Operation, ...] = (
    VALIDATE, EVERYTHING, META, META_ADD, META_DELETE, LASTN, DOCUMENT,
)  # fmt: skip

__all__ = ["OWN", "Operation", "Operations"]
