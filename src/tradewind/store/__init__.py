"""The only room that knows SQL. In: values and decisions. Out: rows as values. State columns are written by transitions alone."""
