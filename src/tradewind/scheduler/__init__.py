"""Makes runs due, advances them, hands tasks over, collects reports, rescues the lost. Never loads user code."""
