"""The topics that `infra/kafka/topics.yaml` declares."""

from pathlib import Path

import msgspec
import yaml


class DeclaredTopic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One topic: what it holds, its partitions, and the settings that we decide."""

    holds: str
    partitions: int
    config: dict[str, str | int | float]

    @property
    def settings(self) -> dict[str, str]:
        """The settings as Kafka writes them."""
        return {name: str(value) for name, value in self.config.items()}


class TopicsFileError(Exception):
    """The file cannot be read as topics; the text tells where."""


def declared_topics(path: Path) -> dict[str, DeclaredTopic]:
    """Return the topics of a file by name.

    Raises:
        TopicsFileError: for a missing file, a malformed or an unknown entry.

    """
    try:
        return msgspec.convert(
            yaml.safe_load(path.read_text(encoding="utf-8")), dict[str, DeclaredTopic]
        )
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise TopicsFileError(f"{path}: {error}") from error
