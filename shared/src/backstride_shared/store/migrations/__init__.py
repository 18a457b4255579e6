"""The history of the schema: one revision per file, its id is the file's name."""
