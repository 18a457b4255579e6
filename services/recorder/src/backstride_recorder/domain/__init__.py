"""Pure rules of the recorder."""
