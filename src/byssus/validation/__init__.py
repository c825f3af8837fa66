"""Is it true: Byssus against vendors' exports, other programs and analytic limits, as generated pages."""
