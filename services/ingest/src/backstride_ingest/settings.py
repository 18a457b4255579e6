"""Everything ingest reads from its environment."""

from pydantic import Field, field_validator

from backstride_ingest.domain.acceptance import AcceptedTreadmills
from backstride_shared.settings import Block, KafkaBlock, MqttBlock, ServiceSettings


class IngestBlock(Block):
    """Whose messages are taken, and how much is held for how long."""

    gym_id: str = Field(
        "+",
        pattern=r"^(\+|[a-z0-9][a-z0-9-]{0,62})$",
        description="Take one gym's messages only, with one ingest for each gym_id; + takes all",
    )
    accepted_treadmills: str = Field(
        "*/*",
        description="Patterns of gym_id/treadmill_id, comma separated; others are dead letters",
    )
    max_in_flight_messages: int = Field(
        20_000,
        ge=1,
        le=60_000,
        description="MQTT messages that may wait for Kafka; beyond it nothing is read",
    )
    max_in_flight_bytes: int = Field(
        32 * 1024 * 1024,
        ge=1024 * 1024,
        le=256 * 1024 * 1024,
        description="Bytes of records that may wait for Kafka; beyond it nothing is read",
    )
    max_message_bytes: int = Field(
        1024 * 1024, ge=64 * 1024, description="A longer MQTT message becomes a dead letter"
    )
    frame_window_ms: int = Field(
        20, ge=1, le=20, description="How long readings are gathered into one Kafka record"
    )
    frame_quiet_ms: int = Field(
        5, ge=0, le=20, description="Send the record earlier when nothing came for this long"
    )
    send_timeout_s: float = Field(
        30.0, ge=1.0, le=300.0, description="Silence of Kafka after which messages are taken again"
    )

    @field_validator("accepted_treadmills")
    @classmethod
    def _are_patterns(cls, value: str) -> str:
        AcceptedTreadmills(value)
        return value

    @property
    def client_id(self) -> str:
        """The MQTT client id, always the same: the session at the broker hangs on it."""
        return "backstride-ingest" if self.gym_id == "+" else f"backstride-ingest-{self.gym_id}"


class IngestSettings(ServiceSettings):
    """Where messages come from and go to, and what ingest does with them."""

    mqtt: MqttBlock = Field(default_factory=MqttBlock.model_construct)
    kafka: KafkaBlock = Field(default_factory=KafkaBlock.model_construct)
    ingest: IngestBlock = Field(default_factory=IngestBlock.model_construct)
