"""Pure rules of the supervisor: when to start again, which ports, what the figures mean."""
