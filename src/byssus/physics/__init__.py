"""Pure equations: plain SI floats and arrays in, the same out.

Each function names its equation, symbols, units, range of validity and source, and
carries an example that runs.  Nothing here knows of files, tables or binders.
"""
