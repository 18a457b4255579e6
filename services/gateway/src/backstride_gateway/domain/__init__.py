"""Pure rules of the gateway: live picture, claims, sessions, periods, sums, words."""
