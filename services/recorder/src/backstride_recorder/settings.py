"""Everything that the recorder reads from its environment."""

from pydantic import Field

from backstride_shared.settings import (
    Block,
    DatabaseBlock,
    KafkaBlock,
    MqttBlock,
    SeriesBlock,
    ServiceSettings,
)


class RecorderBlock(Block):
    """Bounds of the recorder."""

    most_batch_kib: int = Field(
        1024,
        ge=16,
        le=64 * 1024,
        description="Records taken at one poll: some 12 readings per KiB; bounds the memory",
    )
    refold_interval_s: float = Field(
        5.0,
        ge=0.0,
        le=3600.0,
        description="The sessions of one treadmill are folded again at most once in this time",
    )


class RecorderSettings(ServiceSettings):
    """Settings of the recorder."""

    mqtt: MqttBlock = Field(default_factory=MqttBlock.model_construct)
    kafka: KafkaBlock = Field(default_factory=KafkaBlock.model_construct)
    database: DatabaseBlock
    series: SeriesBlock
    recorder: RecorderBlock = Field(default_factory=RecorderBlock.model_construct)
