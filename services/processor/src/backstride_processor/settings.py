"""What the processor reads from its environment."""

from pydantic import Field

from backstride_shared.settings import Block, DatabaseBlock, KafkaBlock, ServiceSettings


class ProcessorBlock(Block):
    """How much the processor takes at once and how often it commits."""

    batch_frames: int = Field(32, ge=1, le=1_000, description="Most frames folded together")
    batch_wait_s: float = Field(
        0.02, ge=0.001, le=1.0, description="How long a frame waits for others, seconds"
    )
    buffered_frames: int = Field(
        128, ge=8, le=10_000, description="Most frames held in memory (of up to 256 KiB each)"
    )
    checkpoint_interval_s: float = Field(
        0.5, ge=0.05, le=60.0, description="Between two checkpoints, seconds"
    )
    session_timeout_s: float = Field(
        10.0,
        ge=6.0,
        le=300.0,
        description="Until a silent processor's partitions go elsewhere, seconds",
    )


class ProcessorSettings(ServiceSettings):
    """All settings of the processor."""

    kafka: KafkaBlock = Field(default_factory=KafkaBlock.model_construct)
    database: DatabaseBlock
    processor: ProcessorBlock = Field(default_factory=ProcessorBlock.model_construct)
