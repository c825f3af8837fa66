"""What was made: from a recipe as it stands in the lab book to slurry, electrode and cell."""
