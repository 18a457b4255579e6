"""MQTT to Kafka: validates, coalesces into frames, acknowledges after Kafka has acknowledged."""
