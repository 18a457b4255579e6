from pathlib import Path

import pytest

from backstride_processor.adapters.faust_app import add_table, build_app
from backstride_processor.adapters.faust_consumer import EMBEDDED_FETCH_WAITS_MS
from backstride_shared.settings import KafkaBlock
from backstride_shared.topics import CHANGELOG_TOPIC


@pytest.mark.parametrize(
    ("is_embedded", "waits_ms"),
    [(True, EMBEDDED_FETCH_WAITS_MS), (False, 1_500)],  # a real Kafka answers when a record arrives
)
async def test_only_the_embedded_broker_is_asked_to_answer_early(
    tmp_path: Path, *, is_embedded: bool, waits_ms: int
) -> None:
    kafka = KafkaBlock(bootstrap_servers="127.0.0.1:9", is_embedded=is_embedded)
    app = build_app(kafka, tmp_path, session_timeout_s=10.0, buffered_frames=16)
    app.finalize()

    thread = app.consumer._thread  # type: ignore[attr-defined]  # noqa: SLF001
    client = thread._create_worker_consumer(app.transport)  # noqa: SLF001
    waits = client._fetch_max_wait_ms  # noqa: SLF001  nothing public tells it
    await client.stop()
    thread.thread_loop.close()

    assert waits == waits_ms


async def test_the_changelog_has_the_name_that_everybody_uses(tmp_path: Path) -> None:
    app = build_app(KafkaBlock(), tmp_path, session_timeout_s=10.0, buffered_frames=16)

    assert add_table(app).changelog_topic_name == CHANGELOG_TOPIC
