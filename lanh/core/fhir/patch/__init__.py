"""Changes described by data: JSON Patch (RFC 6902) and FHIRPath Patch (R4 fhirpatch). Pure."""

from lanh.core.fhir.patch.faults import PatchError
from lanh.core.fhir.patch.json_patch import apply_json_patch
from lanh.core.fhir.patch.path_patch import apply_path_patch

__all__ = ["PatchError", "apply_json_patch", "apply_path_patch"]
