"""The Stack Exchange data dump as such: files, rows, addresses and texts. Knows nothing of the database."""
