"""Everything the gateway reads from its environment."""

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from backstride_gateway.live_feed import MAX_LISTENERS, MAX_LISTENERS_OF_ONE
from backstride_shared.settings import (
    Block,
    DatabaseBlock,
    KafkaBlock,
    MqttBlock,
    SeriesBlock,
    ServiceSettings,
)

EVERYBODY: Final = "*"


class HttpBlock(Block):
    """Where the API and the pages are served."""

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on")
    names: str = Field(
        "",
        description="Names or addresses under which people reach it beyond this machine, "
        "separated by commas; every other is refused",
    )

    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#\s]+/?$",
        description="Address under which members reach the pages, such as https://gym.example, "
        "for the QR codes on treadmills; by default that of the request which prints them",
    )

    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of TLS fronts and tunnels that are believed when they "
        "say who asks (X-Forwarded-For, X-Forwarded-Proto), separated by commas; * is everybody, "
        "for where only such a front reaches the port; by default nobody",
    )

    requests_per_s: float = Field(
        20.0,
        gt=0,
        description="Requests a second of one session or token; ten times as many at once",
    )
    requests_per_s_of_address: float = Field(
        200.0,
        gt=0,
        description="Requests a second of one address, which phones of a gym may share; "
        "ten times as many at once",
    )

    live_streams: int = Field(
        MAX_LISTENERS, ge=1, description="Live streams open at once; more are refused with 503"
    )

    live_streams_of_one: int = Field(
        MAX_LISTENERS_OF_ONE,
        ge=1,
        description="Live streams open at once of one account, or of one address in a "
        "demonstration; more are refused with 429",
    )

    @field_validator("host")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value != "localhost":
            ip_address(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        if value.strip() != EVERYBODY:
            for one in _parts_of(value):
                ip_network(one)
        return value

    @model_validator(mode="after")
    def _is_called_something(self) -> Self:
        if not self.is_loopback and not self.host_names:
            raise ValueError(
                "HOST is not a loopback address: "
                "set BACKSTRIDE_HTTP__NAMES to the names under which people reach it"
            )
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return self.host == "localhost" or ip_address(self.host).is_loopback

    @property
    def host_names(self) -> frozenset[str]:
        """The names of `names`, as a Host header has them."""
        return frozenset(name.lower() for name in _parts_of(self.names))

    @property
    def believed_proxies(self) -> list[str]:
        """Who is believed when they say who asks: addresses, networks, or everybody."""
        return _parts_of(self.trusted_proxies)


def _parts_of(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


class ExportsBlock(Block):
    """Where everything of a member waits as one file until they take it away."""

    folder: Path | None = Field(
        None, description="Folder of finished exports; without it a member cannot ask for one"
    )
    keep_hours: float = Field(
        24.0, gt=0, le=24 * 30, description="Hours until a finished export is deleted"
    )
    max_total_mb: int = Field(
        2048, ge=1, description="Megabytes that all exports may take together"
    )


class GatewaySettings(ServiceSettings):
    """Settings of the gateway."""

    http: HttpBlock = Field(default_factory=HttpBlock.model_construct)
    kafka: KafkaBlock = Field(default_factory=KafkaBlock.model_construct)
    mqtt: MqttBlock = Field(default_factory=MqttBlock.model_construct)
    database: DatabaseBlock
    series: SeriesBlock
    exports: ExportsBlock = Field(default_factory=ExportsBlock.model_construct)
    is_demo: bool = Field(
        default=False,
        description="A demonstration: its members are made, consoles need no PIN, names are shown",
    )
    set_up_code: SecretStr | None = Field(
        None,
        min_length=16,
        description="Code of the owner's first start; by default a new one at each start, "
        "in the log, until an administrator exists",
    )
    status_file: Path | None = Field(
        None, description="File in which the supervisor keeps sent, stored, lost and doubled"
    )

    kill_request_file: Path | None = Field(
        None,
        description="File by which a demonstration asks its supervisor to kill the processor",
    )

    @field_validator("is_demo")
    @classmethod
    def _is_closed_to_strangers(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001
        http = info.data.get("http")
        if value and isinstance(http, HttpBlock) and not http.is_loopback:
            raise ValueError(
                "a demonstration has no accounts, so nobody else may connect: "
                "BACKSTRIDE_HTTP__HOST must be a loopback address (127.0.0.1, ::1 or localhost)"
            )
        return value
