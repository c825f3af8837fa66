"""What was measured: the tables of all kinds, and the one door by which files come in."""
