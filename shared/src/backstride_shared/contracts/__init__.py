"""The contracts as documents for others: JSON Schema, AsyncAPI, tables of settings.

Only `backstride_shared.generate` uses this; programs use the messages themselves.
"""
