"""Pure rules of ingest: which readings are good, what goes into a frame, who is acknowledged."""
