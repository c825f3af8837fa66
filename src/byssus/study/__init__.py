"""What belongs together: study.yaml, and the binders, electrodes and cells it names."""
