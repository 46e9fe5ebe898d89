"""Where passwords rest."""
