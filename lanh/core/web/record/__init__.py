"""From stored records to what a page about a person says; pure."""
