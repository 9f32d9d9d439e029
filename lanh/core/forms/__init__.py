"""Forms: a Questionnaire in YAML, its typed model, answers, and the records they become."""

from lanh.core.forms.errors import DefinitionFault, FormInvalid, Refused
from lanh.core.forms.extraction import extract
from lanh.core.forms.loading import load_form, read_form
from lanh.core.forms.model import Form, Item
from lanh.core.forms.notation import read_notation
from lanh.core.forms.population import open_form, read_back
from lanh.core.forms.problems import Problem, Summary
from lanh.core.forms.sdc import SDC_VERSION
from lanh.core.forms.submission import Known, Received, codes_asked, field_texts, read_fields
from lanh.core.forms.tree import Tree
from lanh.core.forms.validation import judge

__all__ = [
    "SDC_VERSION",
    "DefinitionFault",
    "Form",
    "FormInvalid",
    "Item",
    "Known",
    "Problem",
    "Received",
    "Refused",
    "Summary",
    "Tree",
    "codes_asked",
    "extract",
    "field_texts",
    "judge",
    "load_form",
    "open_form",
    "read_back",
    "read_fields",
    "read_form",
    "read_notation",
]
