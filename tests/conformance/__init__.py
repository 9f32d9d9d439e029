"""Conformance: the suites of others, run against the engines, with a count each."""
