"""What people write by hand: YAML files, read strictly, each fault with its line."""
