"""Makes the packaged fonts; run by hand when a face changes, never at run time."""
