"""A figure is data first: one specification, drawn on screen, in print, and as numbers."""
