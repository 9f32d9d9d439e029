"""Makes the packaged faces of papers; run by hand when a face changes, never at run time."""
