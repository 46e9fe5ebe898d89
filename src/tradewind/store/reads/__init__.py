"""Questions to the database, one function each. Never writes."""
