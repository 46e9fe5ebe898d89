"""Where large XComs rest."""
