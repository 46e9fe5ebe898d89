"""What all SQL databases have in common: statements in, rows out, through a driver of the DB-API."""
