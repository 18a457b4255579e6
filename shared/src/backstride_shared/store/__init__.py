"""The relational store: its schema, its migrations, and how to open it."""
