"""What the supervisor touches: processes, ports, brokers, the terminal."""
