"""Where log lines rest."""
