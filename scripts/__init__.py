"""What the Makefile runs: set-up, demo, generated files."""
