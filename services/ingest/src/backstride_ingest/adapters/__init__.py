"""MQTT and Kafka as ingest uses them."""
