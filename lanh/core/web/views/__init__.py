"""The views, one module a part of the work."""
