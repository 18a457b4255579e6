"""Faust, Kafka and the relational store."""
