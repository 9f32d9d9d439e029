"""The supervisor of an installation: ports, PostgreSQL, children, logs."""
