"""Forms: a Questionnaire in YAML, its typed model, answers, and the records they become.

    load_form(path) -> Form                        refused with every reason (FormInvalid)
    open_form(form, contexts) -> Tree              initial values, expressions, rows of a context
    begin_asked(tree, prior)                       initial values of what is asked only now
    page_of(tree, language) -> Page                all that a renderer needs, as data
    read_fields(form, fields, prior=, known=) -> Received    what a browser sent
    judge(tree, ...) -> Summary                    settles, computes, tells what is to be mended
    extract(form, response) -> Bundle; read_back(form, resources) -> Tree
    Answers(response): answers by linkId, as rules read them
    differences(form, before, after), corrected(before, after, reason), merged(form, …)

Plans: drafts (`begin_draft`, `resume_draft`, `save_draft`, `find_draft`, `drop_draft`,
`other_editors`,
`forget_drafts`, `erase_drafts`), submissions taken once (`claim_submission`,
`settle_submission`), and codes to choose from (`suggest`, `note_picks`, `mark_favourite`,
`find_codes`) by the port `ValueSets`, which the terminology fills.
"""

from lanh.core.forms.answers import Answers
from lanh.core.forms.choosing import (
    MOST_PICKS,
    Pick,
    Suggestion,
    Suggestions,
    ValueSets,
    favourites,
    find_codes,
    forget_picks,
    mark_favourite,
    note_picks,
    pickers,
    recent_picks,
    suggest,
)
from lanh.core.forms.corrections import Change, corrected, differences, merged, reason_of
from lanh.core.forms.drafts import (
    Draft,
    Editor,
    begin_draft,
    check_current,
    drafts_of,
    drop_draft,
    erase_drafts,
    find_draft,
    forget_drafts,
    other_editors,
    resume_draft,
    save_draft,
)
from lanh.core.forms.entry import EntryFault, read_date, read_number
from lanh.core.forms.errors import DefinitionFault, FormInvalid, Refused
from lanh.core.forms.extraction import elements_written, extract, types_of
from lanh.core.forms.given_rows import aligned
from lanh.core.forms.loading import load_form, read_form
from lanh.core.forms.model import Form, Item
from lanh.core.forms.notation import read_notation
from lanh.core.forms.page import Block, Choice, Field, Page, Row, page_of
from lanh.core.forms.population import begin_asked, open_form, read_back
from lanh.core.forms.problems import Problem, Summary
from lanh.core.forms.sdc import SDC_VERSION
from lanh.core.forms.submission import (
    Known,
    Received,
    codes_asked,
    field_texts,
    read_fields,
    references_asked,
)
from lanh.core.forms.submitting import (
    Claim,
    claim_submission,
    new_submission_key,
    settle_submission,
    settled_submission,
)
from lanh.core.forms.tree import PREFIX, Tree, field_name, segment
from lanh.core.forms.validation import judge

__all__ = [
    "MOST_PICKS",
    "PREFIX",
    "SDC_VERSION",
    "Answers",
    "Block",
    "Change",
    "Choice",
    "Claim",
    "DefinitionFault",
    "Draft",
    "Editor",
    "EntryFault",
    "Field",
    "Form",
    "FormInvalid",
    "Item",
    "Known",
    "Page",
    "Pick",
    "Problem",
    "Received",
    "Refused",
    "Row",
    "Suggestion",
    "Suggestions",
    "Summary",
    "Tree",
    "ValueSets",
    "aligned",
    "begin_asked",
    "begin_draft",
    "check_current",
    "claim_submission",
    "codes_asked",
    "corrected",
    "differences",
    "drafts_of",
    "drop_draft",
    "elements_written",
    "erase_drafts",
    "extract",
    "favourites",
    "field_name",
    "field_texts",
    "find_codes",
    "find_draft",
    "forget_drafts",
    "forget_picks",
    "judge",
    "load_form",
    "mark_favourite",
    "merged",
    "new_submission_key",
    "note_picks",
    "open_form",
    "other_editors",
    "page_of",
    "pickers",
    "read_back",
    "read_date",
    "read_fields",
    "read_form",
    "read_notation",
    "read_number",
    "reason_of",
    "recent_picks",
    "references_asked",
    "resume_draft",
    "save_draft",
    "segment",
    "settle_submission",
    "settled_submission",
    "suggest",
    "types_of",
]
