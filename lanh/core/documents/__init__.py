"""Papers as PDF from Typst templates, in the platform's own faces, always the same bytes."""
