"""The suites that there are, in the order in which the table shows them."""

from lanh.core.fhir.tests.official_path import KNOWN
from lanh.core.warehouse.tests.official import known_reasons
from tests.conformance.suite import Suite
from tests.conformance.suites import (
    examples,
    hl7v2_pairs,
    json_patch,
    judges,
    path,
    path_patch,
    validator,
    views,
)

SUITES = (
    Suite("fhirpath", "FHIRPath, R4 (FHIR/fhir-test-cases)", path.run, 935, False, KNOWN),
    Suite(
        "sql-on-fhir",
        "SQL on FHIR v2, DuckDB (FHIR/sql-on-fhir-v2)",
        views.run,
        134,
        False,
        known_reasons("duckdb"),
    ),
    Suite("fhirpath-patch", "FHIRPath Patch, R4 (FHIR/fhir-test-cases)", path_patch.run, 33),
    Suite("json-patch-fhir", "JSON Patch (FHIR/fhir-test-cases)", json_patch.of_fhir, 16),
    Suite("json-patch", "JSON Patch (json-patch/json-patch-tests)", json_patch.run, 108),
    Suite("validator", "Validator, R4 (FHIR/fhir-test-cases)", validator.run, 500),
    Suite("examples-json", "R4 examples, JSON through the store", examples.run_json, 40),
    Suite("examples-xml", "R4 examples, to XML and back", examples.run_xml, 40),
    Suite(
        "hl7v2-pairs",
        "HL7 v2 and FHIR pairs (CDCgov/prime-reportstream)",
        hl7v2_pairs.run,
        6000,
        explain=hl7v2_pairs.explained,
        share=0.9,
    ),
    Suite("judge-clinosim", "clinosim beside fhir.resources", judges.clinosim, 7000, light=False),
    Suite("judge-synthea", "Synthea beside fhir.resources", judges.synthea, 100, light=False),
    Suite(
        "judge-carebundle", "carebundle beside fhir.resources", judges.carebundle, 100, light=False
    ),
)
