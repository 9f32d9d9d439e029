"""The names (URIs) of identifier systems, code systems and extensions that every system shares.

The ministry has published no canonical URIs for these, so they are URNs of our own: opaque,
stable, and mapped in one place when official ones appear.
"""

from __future__ import annotations

# Identifiers
PERSONAL_NUMBER = "urn:lanh:id:personal-number"  # 12 digits, Law 26/2023, Decree 102/2025 Art. 6
INSURANCE_NUMBER = "urn:lanh:id:social-insurance"  # 10 digits (BHXH)
INSURANCE_CARD = "urn:lanh:id:insurance-card"  # 15 characters (BHYT)
OLD_IDENTITY_CARD = "urn:lanh:id:cmnd"  # 9 digits
PASSPORT = "urn:lanh:id:passport"
FACILITY_CODE = "urn:lanh:id:facility"  # MA_CSKCB, 5 characters
FACILITY_ID = "urn:lanh:id:facility-gln"  # 13 digits, GS1 GLN (Decision 1551/2026)
FACILITY_LICENCE = "urn:lanh:id:facility-licence"  # operation licence (GPHĐ), opaque string
SUCCESSION_DECISION = "urn:lanh:id:succession-decision"  # the decision that merged or split
BED_REPORT = "urn:lanh:id:bed-report"  # facility code and day: 99001.2026-11-22
GATEWAY_TRANSACTION = "urn:lanh:id:social-security-transaction"  # maGiaoDich
PRACTITIONER_LICENCE = "urn:lanh:id:practice-licence"  # opaque string


def patient_number(facility: str) -> str:
    """The identifier system of one facility's own patient numbers (MA_BN, PID-3)."""
    return f"urn:lanh:id:patient:{facility}"


def visit_number(facility: str) -> str:
    """The identifier system of one facility's visit numbers (MA_LK, PV1-19)."""
    return f"urn:lanh:id:visit:{facility}"


def ward_code(facility: str) -> str:
    """The identifier system of one facility's ward codes (MA_KHOA)."""
    return f"urn:lanh:id:ward:{facility}"


def bed_number(facility: str) -> str:
    """The identifier system of one facility's bed numbers (MA_GIUONG)."""
    return f"urn:lanh:id:bed:{facility}"


def transfer_paper(facility: str) -> str:
    """The identifier system of one facility's transfer papers (GIAY_CHUYEN_TUYEN)."""
    return f"urn:lanh:id:transfer-paper:{facility}"


def claim_codes(name: str) -> str:
    """The code system of a small list of the claim tables (Decisions 130, 4750, 3176)."""
    return f"urn:lanh:codes:claim:{name}"


# Code systems
PROVINCE = "urn:lanh:codes:province"  # 2 digits
COMMUNE = "urn:lanh:codes:commune"  # 5 digits
ETHNIC_GROUP = "urn:lanh:codes:ethnic-group"  # MA_DANTOC
OCCUPATION = "urn:lanh:codes:occupation"  # MA_NGHE_NGHIEP
CARE_TYPE = "urn:lanh:codes:care-type"  # MA_LOAI_KCB
PATIENT_TYPE = "urn:lanh:codes:patient-type"  # MA_DOITUONG_KCB
DEPARTMENT = "urn:lanh:codes:department"  # MA_KHOA
DRUG = "urn:lanh:codes:drug"  # MA_THUOC
ALLERGEN = "urn:lanh:codes:allergen"  # SNOMED CT is not licensed for Viet Nam
SERVICE = "urn:lanh:codes:service"  # MA_DICH_VU
SUPPLY = "urn:lanh:codes:supply"  # MA_VAT_TU
TEST_INDEX = "urn:lanh:codes:test-index"  # MA_CHI_SO
COST_GROUP = "urn:lanh:codes:cost-group"  # MA_NHOM
FACILITY_LEVEL = "urn:lanh:codes:facility-level"
FACILITY_KIND = "urn:lanh:codes:facility-kind"
FACILITY_OWNERSHIP = "urn:lanh:codes:facility-ownership"
FACILITY_SERVICE = "urn:lanh:codes:facility-service"
SUCCESSION = "urn:lanh:codes:succession"  # merged, split, renamed
BED_TYPE = "urn:lanh:codes:bed-type"
BED_COUNT = "urn:lanh:codes:bed-count"
LINK_RULE = "urn:lanh:codes:link-rule"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
CVX = "http://hl7.org/fhir/sid/cvx"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ABSENT_UNKNOWN = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
GATEWAY_RESULT = "urn:lanh:codes:social-security-result"  # maKetQua
CLAIM_TABLE = "urn:lanh:codes:claim-table"  # XML0 to XML15 of Decision 3176
CLAIM_FIELD = "urn:lanh:codes:claim-field"  # the tags of those tables
DAILY_BEDS = "urn:lanh:measures:daily-beds"

# Extensions
COMMUNE_EXTENSION = "urn:lanh:extension:commune"  # on Address: valueCoding in COMMUNE
ETHNIC_EXTENSION = "urn:lanh:extension:ethnic-group"  # on Patient: valueCoding in ETHNIC_GROUP
MOTHER_EXTENSION = "urn:lanh:extension:mother"  # on a newborn's Patient: valueIdentifier
LINK_EXTENSION = "urn:lanh:extension:link-reason"  # on Person.link: the rule and its evidence
CLAIM_FIELD_EXTENSION = "urn:lanh:extension:claim-field:"  # + the tag: valueString
MADE_ELEMENT_EXTENSION = "urn:lanh:extension:made-element"  # on Provenance.entity: valueString
DUE = "urn:lanh:extension:due"  # valueDateTime: when a term of law for the record ends
SENT = "urn:lanh:extension:sent"  # valueDateTime: when the record was first sent
UNRESOLVED_EXTENSION = "urn:lanh:extension:unresolved-reference"

# meta.source of a record that came by the bus: this prefix and the receipt's id
RECEIPT_SOURCE = "urn:lanh:receipt:"


def receipt_of(source: str | None) -> str | None:
    """The receipt that a meta.source names; None for a record that came another way."""
    if source is None or not source.startswith(RECEIPT_SOURCE):
        return None
    return source.removeprefix(RECEIPT_SOURCE)


DEMONSTRATION_TAG = ("urn:lanh:tag", "demonstration")  # meta.tag of made-up data
