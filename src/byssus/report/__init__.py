"""From results to one self-contained page."""
