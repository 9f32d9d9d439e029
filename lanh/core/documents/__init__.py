"""Papers as PDF from Typst templates, in the platform's own faces, always the same bytes.

    render(template, facts, at, language="vi") -> bytes

Facts are data and are never read as markup. The paper is tagged PDF/A-2a. Typesetting runs in a
process of its own, bounded in time and memory, without the environment of this one.
"""

from lanh.core.documents.faults import PaperFault
from lanh.core.documents.papers import LARGEST_FACTS, render

__all__ = ["LARGEST_FACTS", "PaperFault", "render"]
