"""Byssus: a workbench for the binders of lithium batteries.

Raw instrument files and recipes go in; every number and figure that a binder
paper reports comes out, with its uncertainty and its source.  ARCHITECTURE.md
says in one page which room does what.
"""

__version__ = "0.1.0"
