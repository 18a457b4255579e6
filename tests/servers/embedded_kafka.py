"""The embedded Kafka of `backstride run` in the test's own process: always there, no server."""

from collections.abc import Iterator

import pytest

from backstride_standalone.embedded_kafka import EmbeddedKafka


@pytest.fixture
def embedded_kafka() -> Iterator[EmbeddedKafka]:
    """Lend a fresh broker with all our topics; it belongs to one test."""
    with EmbeddedKafka() as kafka:
        yield kafka
