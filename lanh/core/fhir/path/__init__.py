"""FHIRPath: parsing and evaluation over JSON resources."""
