"""A cycling table to the numbers of a paper: steps, halves, cycles, and what holds across them."""
