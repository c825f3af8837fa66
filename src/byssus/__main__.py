"""``python -m byssus`` is the command ``byssus``."""

from byssus.app.cli import main

main()
