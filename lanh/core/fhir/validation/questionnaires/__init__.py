"""Answers judged by their form: a QuestionnaireResponse against its Questionnaire (R4 10.1)."""

from lanh.core.fhir.validation.questionnaires.enabling import Level, enabled
from lanh.core.fhir.validation.questionnaires.form import form_faults
from lanh.core.fhir.validation.questionnaires.response import response_faults
from lanh.core.fhir.validation.questionnaires.values import Values

__all__ = ["Level", "Values", "enabled", "form_faults", "response_faults"]
