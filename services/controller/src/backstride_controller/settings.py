"""Everything that the controller reads from its environment."""

from pathlib import Path

from pydantic import Field, field_validator

from backstride_controller.domain.faults import PRESETS
from backstride_controller.domain.history import MOST_DAYS
from backstride_controller.domain.programmes import MIX, PROGRAMMES
from backstride_shared.identity import ID_PATTERN
from backstride_shared.settings import MqttBlock, ServiceSettings


class ControllerSettings(ServiceSettings):
    """A gym of simulated treadmills behind one outbox."""

    mqtt: MqttBlock = Field(default_factory=MqttBlock.model_construct)
    outbox_dir: Path = Field(..., description="Folder of the outbox; one controller at a time")
    gym_id: str = Field("demo", pattern=f"^{ID_PATTERN}$", description="Gym of the treadmills")
    treadmills: int = Field(4, ge=1, le=10_000, description="Number of simulated treadmills")
    first_number: int = Field(1, ge=1, description="Number of the first one: treadmill-01")
    rate_hz: float = Field(4.0, gt=0, le=50, description="Readings a second of each treadmill")
    programme: str = Field(MIX, description="What runs on them: mix, or a programme's name")
    seed: int = Field(1, description="Seed of everything that is simulated")
    history_days: int = Field(
        0,
        ge=0,
        le=MOST_DAYS,
        description="Half of the treadmills first replay so many past days of demo members",
    )
    faults: str = Field("none", description="Preset of faults: none, gym or rough")

    @field_validator("programme")
    @classmethod
    def _is_known_programme(cls, value: str) -> str:
        if value != MIX and value not in PROGRAMMES:
            raise ValueError(f"known programmes are {', '.join([MIX, *PROGRAMMES])}")
        return value

    @field_validator("faults")
    @classmethod
    def _is_known_preset(cls, value: str) -> str:
        if value not in PRESETS:
            raise ValueError(f"known presets are {', '.join(PRESETS)}")
        return value
