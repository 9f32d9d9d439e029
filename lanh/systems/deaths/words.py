"""The words of the system."""

from lanh.kit import catalogue

WORDS = catalogue(__file__)
