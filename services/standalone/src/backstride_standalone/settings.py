"""What the embedded servers read from their environment; `backstride run` sets it for them."""

from pydantic import Field

from backstride_shared.settings import Block, ServiceSettings


class EmbeddedBlock(Block):
    """Where an embedded server listens; always on loopback."""

    port: int = Field(0, ge=0, le=65535, description="Port of the embedded server; 0: a free one")


class EmbeddedServerSettings(ServiceSettings):
    """Settings of `embedded_kafka` and `embedded_mqtt`."""

    embedded: EmbeddedBlock = Field(default_factory=lambda: EmbeddedBlock(port=0))
