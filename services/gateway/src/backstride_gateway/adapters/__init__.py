"""Kafka, MQTT, relational store and files: the only place of third-party clients."""
