"""Stand-ins for outside systems, on this machine: what tests of components talk to."""
