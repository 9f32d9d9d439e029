"""Answers judged by their form: a QuestionnaireResponse against its Questionnaire (R4 10.1)."""

from lanh.core.fhir.validation.questionnaires.form import form_faults
from lanh.core.fhir.validation.questionnaires.response import response_faults

__all__ = ["form_faults", "response_faults"]
