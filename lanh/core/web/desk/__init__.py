"""Screens of desks turned into markup: forms, lists, records, cases. No database is asked here."""
