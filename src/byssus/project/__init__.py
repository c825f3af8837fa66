"""What lasts on disk between runs: the finished cells of a study."""
