"""One folder per outside system: hook, operators, sensors. Thin over the vendor's own SDK; optional extras."""
