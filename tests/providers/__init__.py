"""Official provider packages beside our door: an environment of their own, what imports in it, what was run against what."""
