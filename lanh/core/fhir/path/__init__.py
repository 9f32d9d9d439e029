"""FHIRPath over JSON resources: tokens, syntax tree, closures."""

from lanh.core.fhir.path import syntax
from lanh.core.fhir.path.compiler import Path, compile_path
from lanh.core.fhir.path.nodes import Node, PathError, Quantity, root_node
from lanh.core.fhir.path.parser import parse
from lanh.core.fhir.path.ports import Environment, Terminology
from lanh.core.fhir.path.temporal import Temporal
from lanh.core.fhir.path.tokenizer import PathSyntaxError

__all__ = [
    "Environment",
    "Node",
    "Path",
    "PathError",
    "PathSyntaxError",
    "Quantity",
    "Temporal",
    "Terminology",
    "compile_path",
    "parse",
    "root_node",
    "syntax",
]
