"""What is known of binders and of what they are used with: one sourced number a row.

The records stand in ``data/`` as text that differs well.  Every number of the two documents that
Byssus starts from is there, with its place; contradictions are records too, and keep every printed
value.  ``columns`` is the specification, ``reading`` the way from text to frames, ``names`` what people
call things, ``records`` a record in words, ``questions`` what can be asked, ``comparing`` which numbers stand
on one axis, ``structure`` repeat units drawn, ``sheet`` an answer laid out, ``uses`` what Byssus does
with each system.
"""

from byssus.knowledge.questions import Knowledge, load, own_folders
from byssus.knowledge.records import Entry, Fact, Property

__all__ = ["Entry", "Fact", "Knowledge", "Property", "load", "own_folders"]
