"""Unit tests need nothing; contract, integration and end-to-end tests stand on `tests.bed`."""
