"""A simulator of the Social Security gateway: no real gateway, for development and tests only."""
