"""The fold: from a treadmill's log to its sessions, with no clock, lookup or setting."""
