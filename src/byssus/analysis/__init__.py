"""Table to result: each module takes measured or simulated tables alike and knows no files."""
