"""Contracts, the calorie model, the fold, the schema: what every Backstride program shares."""
