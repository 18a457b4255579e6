"""What a person asks `backstride run` for."""

from dataclasses import dataclass
from enum import StrEnum


class MqttChoice(StrEnum):
    """Which MQTT broker runs beside the programs."""

    AUTO = "auto"
    MOSQUITTO = "mosquitto"
    AMQTT = "amqtt"


@dataclass(frozen=True)
class RunOptions:
    """The options of one run; ports of 0 are chosen freely.

    `treadmill_count` and `history_days` count in a demo only.
    """

    is_demo: bool = False
    # the machines of the network reach the pages, not the MQTT broker
    is_lan: bool = False
    mqtt: MqttChoice = MqttChoice.AUTO
    http_port: int = 8080
    mqtt_port: int = 1883
    kafka_port: int = 0
    treadmill_count: int = 4
    history_days: int = 6

    @property
    def has_simulation(self) -> bool:
        """Whether treadmills are simulated: real ones may be tried in a demo without."""
        return self.is_demo and self.treadmill_count > 0
