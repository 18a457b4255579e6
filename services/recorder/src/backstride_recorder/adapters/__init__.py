"""Where the recorder meets Kafka, MQTT and the relational store."""
