"""Notices of death: written, signed by two, told to the civil registry, counted by cause."""
