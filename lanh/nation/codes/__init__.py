"""Code lists of the country: ICD-10, medicines, services, tests, vaccines, and small lists."""

from lanh.nation.codes.bundled import (
    code_system,
    concept,
    concepts,
    derived,
    load_all,
    names,
    publish,
    published,
    resource,
)
from lanh.nation.codes.icd10 import Import, import_icd10, unreadable

__all__ = [
    "Import",
    "code_system",
    "concept",
    "concepts",
    "derived",
    "import_icd10",
    "load_all",
    "names",
    "publish",
    "published",
    "resource",
    "unreadable",
]
