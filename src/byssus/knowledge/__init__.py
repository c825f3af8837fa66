"""What is known of binders and of what they are used with: one sourced number a row.

The records stand in ``data/`` as text that differs well.  Every number of the two documents that
Byssus starts from is there, with its place; contradictions are records too, and keep every printed
value.  ``columns`` is the specification, ``reading`` the way from text to frames, ``names`` what
people call things, ``library`` the questions, ``comparing`` which numbers stand on one axis, and
``structure`` draws repeat units.
"""

from byssus.knowledge.library import Entry, Fact, Knowledge, Property, load, own_folders

__all__ = ["Entry", "Fact", "Knowledge", "Property", "load", "own_folders"]
