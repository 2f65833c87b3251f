"""The Stack Exchange data dump: files, rows, URLs and text. Does not touch the database."""
