"""Observes or simulates a treadmill, keeps readings in an on-disk outbox, publishes them in order."""
