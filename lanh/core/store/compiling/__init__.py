"""From the parameters of a search to SQL conditions, a file for each kind of parameter."""

from lanh.core.store.compiling.compiler import Compiler
from lanh.core.store.compiling.membership import member
from lanh.core.store.compiling.references import of_subject
from lanh.core.store.compiling.scope import Scope, Shared

__all__ = ["Compiler", "Scope", "Shared", "member", "of_subject"]
