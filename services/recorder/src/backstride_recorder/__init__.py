"""Writes series, sessions and treadmill rows, then tells the treadmill what is stored."""
