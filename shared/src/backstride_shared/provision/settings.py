"""Everything that the set-up programs read from their environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from backstride_shared.identity import ID_PATTERN
from backstride_shared.settings import Block, DatabaseBlock, KafkaBlock, ServiceSettings


class InfluxSetupBlock(Block):
    """The server to set up, and what it shall have."""

    url: str = Field("http://127.0.0.1:8086", description="InfluxDB's address")
    operator_token: SecretStr = Field(
        ..., description="Token that may do everything; given to a server that has none yet"
    )
    operator_password: SecretStr | None = Field(
        None, description="Password of the user operator, for a server that was never set up"
    )
    org: str = Field("backstride", description="Organization")
    bucket: str = Field("belt", description="Bucket of readings")
    per_minute_bucket: str = Field("belt-per-minute", description="Bucket of minutes")
    retention_days: int = Field(90, ge=8, description="How long readings are kept")
    per_minute_retention_days: int = Field(1826, ge=8, description="How long minutes are kept")
    tokens_folder: Path = Field(..., description="Folder for the programs' tokens, a file each")
    wait_s: float = Field(60.0, ge=0, description="How long to wait for the server")


class InfluxSetupSettings(ServiceSettings):
    """What the set-up reads from its environment."""

    influxdb: InfluxSetupBlock


class TopicsBlock(Block):
    """Which topics, and on how many brokers each partition lies."""

    file: Path = Field(Path("infra/kafka/topics.yaml"), description="The declared topics")
    replication_factor: int = Field(1, ge=1, le=5, description="Copies of each partition")
    min_insync_replicas: int = Field(
        1, ge=1, le=5, description="Copies that have to be written before a record counts"
    )
    wait_s: float = Field(60.0, ge=0, description="How long to wait for the broker")


class TopicsSettings(ServiceSettings):
    """What the program reads from its environment."""

    kafka: KafkaBlock = Field(default_factory=KafkaBlock.model_construct)
    topics: TopicsBlock = Field(default_factory=TopicsBlock.model_construct)


class MosquittoSetupBlock(Block):
    """Which accounts, and where their files go."""

    accounts_folder: Path = Field(
        ..., description="Folder of dynamic-security.json; the broker writes there too"
    )
    passwords_folder: Path = Field(
        ..., description="Folder for passwords: programs/<name> and treadmills/<gym>/<treadmill>"
    )
    treadmills_file: Path | None = Field(
        None, description="The treadmills, gym_id/treadmill_id, one per line; # begins a comment"
    )
    simulated_gym_id: str | None = Field(
        None, pattern=f"^{ID_PATTERN}$", description="Gym of a controller that simulates treadmills"
    )
    broker_uid: int | None = Field(
        None, ge=0, description="User id that the broker runs as; the file becomes its"
    )


class MosquittoSetupSettings(ServiceSettings):
    """What the program reads from its environment."""

    mosquitto: MosquittoSetupBlock


class PostgresSetupBlock(Block):
    """Whose roles, and where their passwords are."""

    passwords_folder: Path = Field(..., description="Folder with the password of each role")


class PostgresSetupSettings(ServiceSettings):
    """What the program reads from its environment; the URL is that of the tables' owner."""

    database: DatabaseBlock
    postgres: PostgresSetupBlock
