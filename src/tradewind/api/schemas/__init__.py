"""The shapes of the public REST API: what it takes (strict) and what it answers (for its description)."""
