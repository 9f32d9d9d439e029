"""FHIR R4 (4.0.1): JSON, validation, references, FHIRPath, search values.

Pure: reads nothing but the tables packaged with it.
"""

from lanh.core.fhir.compartment import COMPARTMENTS, compartment_parameters, patient_of
from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.issues import Issue, ParseError, Severity, operation_outcome
from lanh.core.fhir.links import rewrite_links
from lanh.core.fhir.patch import PatchError, apply_json_patch, apply_path_patch
from lanh.core.fhir.path import Environment as PathEnvironment
from lanh.core.fhir.path import PathError, PathSyntaxError, Terminology, compile_path
from lanh.core.fhir.path.checking import check_path
from lanh.core.fhir.primitives import first_day
from lanh.core.fhir.references import (
    parse_reference,
    reference_elements,
    references,
    rewrite_references,
)
from lanh.core.fhir.search import (
    EARLIEST,
    LATEST,
    LOCAL_ZONE,
    OWN_KINDS,
    OwnExpression,
    SearchParameter,
    SearchValues,
    countable,
    date_range,
    extract,
    extract_own,
    implied_systems,
    number_range,
    reference_targets,
    repeated,
    search_parameter,
    search_parameters,
    single,
    value_types,
)
from lanh.core.fhir.serialization import MAX_BYTES, MAX_DEPTH, dumps, loads
from lanh.core.fhir.subset import SummaryKind, has_element, summarised, with_elements
from lanh.core.fhir.ucum import Unit, UnitError, canonical_quantity, parse_unit
from lanh.core.fhir.validation import (
    Membership,
    Profiles,
    Unusable,
    validate,
    validate_logical,
)
from lanh.core.fhir.validation import (
    Options as ValidationOptions,
)
from lanh.core.fhir.xml import from_xml, to_xml

RESOURCE_TYPES: frozenset[str] = definitions().resource_types
"""The concrete resource types of R4."""

__all__ = [
    "COMPARTMENTS",
    "EARLIEST",
    "LATEST",
    "LOCAL_ZONE",
    "MAX_BYTES",
    "MAX_DEPTH",
    "OWN_KINDS",
    "RESOURCE_TYPES",
    "Issue",
    "Membership",
    "OwnExpression",
    "ParseError",
    "PatchError",
    "PathEnvironment",
    "PathError",
    "PathSyntaxError",
    "Profiles",
    "SearchParameter",
    "SearchValues",
    "Severity",
    "SummaryKind",
    "Terminology",
    "Unit",
    "UnitError",
    "Unusable",
    "ValidationOptions",
    "apply_json_patch",
    "apply_path_patch",
    "canonical_quantity",
    "check_path",
    "compartment_parameters",
    "compile_path",
    "countable",
    "date_range",
    "dumps",
    "extract",
    "extract_own",
    "first_day",
    "from_xml",
    "has_element",
    "implied_systems",
    "loads",
    "number_range",
    "operation_outcome",
    "parse_reference",
    "parse_unit",
    "patient_of",
    "reference_elements",
    "reference_targets",
    "references",
    "repeated",
    "rewrite_links",
    "rewrite_references",
    "search_parameter",
    "search_parameters",
    "single",
    "summarised",
    "to_xml",
    "validate",
    "validate_logical",
    "value_types",
    "with_elements",
]
