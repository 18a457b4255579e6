"""Everything the gateway reads from its environment."""

from ipaddress import ip_address
from pathlib import Path

from pydantic import Field, field_validator

from backstride_shared.settings import (
    Block,
    DatabaseBlock,
    KafkaBlock,
    MqttBlock,
    SeriesBlock,
    ServiceSettings,
)


class HttpBlock(Block):
    """Where the API and the pages are served."""

    host: str = Field("127.0.0.1", description="Loopback address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on")

    @field_validator("host")
    @classmethod
    def _is_loopback(cls, value: str) -> str:
        # whoever can connect can read every member: until accounts come, nobody else may
        if value == "localhost":
            return value
        try:
            is_loopback = ip_address(value).is_loopback
        except ValueError:
            is_loopback = False
        if not is_loopback:
            message = (
                "must be a loopback address (127.0.0.1, ::1 or localhost): "
                "there are no accounts yet, so nobody else may connect"
            )
            raise ValueError(message)
        return value


class GatewaySettings(ServiceSettings):
    """Settings of the gateway."""

    http: HttpBlock = Field(default_factory=HttpBlock.model_construct)
    kafka: KafkaBlock = Field(default_factory=KafkaBlock.model_construct)
    mqtt: MqttBlock = Field(default_factory=MqttBlock.model_construct)
    database: DatabaseBlock
    series: SeriesBlock
    is_demo: bool = Field(
        default=False,
        description="A demonstration: its members are made, consoles need no PIN, names are shown",
    )
    status_file: Path | None = Field(
        None, description="File in which the supervisor keeps sent, stored, lost and doubled"
    )
