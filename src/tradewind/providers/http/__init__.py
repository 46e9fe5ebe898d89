"""HTTP services, over requests. Hook, operator and sensor."""
