"""What the processor decides without a broker: what a record holds, how far it has come."""
