"""A simulator of civil registration: no real registry, for development and tests only."""
