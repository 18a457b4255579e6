"""The controller's outside: SQLite, paho, files."""
