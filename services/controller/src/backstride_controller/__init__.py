"""Observes or simulates treadmills, keeps readings in an on-disk outbox, publishes in order."""
