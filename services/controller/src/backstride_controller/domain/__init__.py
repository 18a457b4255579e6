"""Pure rules: how a belt moves, who walks on it, and in which order readings are delivered."""
