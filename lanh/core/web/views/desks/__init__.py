"""Views of the desks of ministry systems."""
