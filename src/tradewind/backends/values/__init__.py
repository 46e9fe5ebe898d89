"""Where large XComs rest. A task puts the text of a value here when it is too long for a row; the row keeps its address."""
