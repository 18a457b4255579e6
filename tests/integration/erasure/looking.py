"""Looks into the stores and the broker themselves, past all programs of ours."""

import threading

from sqlalchemy import MetaData, create_engine, select

from backstride_shared.energy import Wearer
from backstride_shared.fold import decode_state
from backstride_shared.mqtt_client import build_mqtt_client
from backstride_shared.settings import MqttBlock
from backstride_shared.store.schema import treadmill_states
from tests.integration.erasure.scene import GYM, MASS_KG, NAME, Scene, assert_nothing_of
from tests.waiting import wait_until

_KEEP_CLAIM_IDS = {"treadmill_states", "erasures"}
"""Here the id of a claim stays, which leads to nobody: replays must be known."""


def check_tables(scene: Scene, database_url: str) -> None:
    """Check every row of every table there is, whoever made it."""
    engine = create_engine(database_url)
    tables = MetaData()
    tables.reflect(engine)
    words = {NAME, scene.members["ada"], str(MASS_KG), str(MASS_KG + 1)}
    with engine.connect() as connection:
        for table in tables.sorted_tables:
            rows = [str(tuple(row)) for row in connection.execute(select(table))]
            if table.name == "members":
                # Bob weighs the same
                rows = [row for row in rows if scene.members["bob"] not in row]
            if table.name in {"claims", "member_masses"}:
                continue
            ids = set() if table.name in _KEEP_CLAIM_IDS else scene.erased_ids
            assert_nothing_of("\n".join(rows), words | ids)
        for name in ("claims", "member_masses"):
            if name in tables.tables:
                text = str(list(connection.execute(select(tables.tables[name]))))
                assert_nothing_of(text, {scene.members["ada"]} | scene.erased_ids)
        for (data,) in connection.execute(select(treadmill_states.c.state)):
            state = decode_state(data)
            for claim in state.claims:
                if claim.claim_id in scene.erased_ids:
                    assert claim.wearer == Wearer(), state.treadmill
                    assert claim.correction is None
            assert state.session is None or state.session.claim_id not in scene.erased_ids
    engine.dispose()


def check_retained(scene: Scene, mqtt_url: str) -> None:
    """Check every message that the broker keeps."""
    client = build_mqtt_client(MqttBlock(url=mqtt_url), "looking", clean_session=True)
    kept: list[str] = []
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _data, message: kept.append(
        f"{message.topic} {bytes(message.payload)!r}"
    )
    parts = mqtt_url.removeprefix("mqtt://").split(":")
    client.connect(parts[0], int(parts[1]))
    client.loop_start()
    wait_until(client.is_connected, what="the broker")
    client.subscribe("#", qos=1)
    assert subscribed.wait(10)
    # what is retained comes at once, and `stored` of each device is among it
    wait_until(
        lambda: kept,
        what="what is retained",
        holds=lambda seen: any(f"{GYM}/one/stored" in one for one in seen),
    )
    client.disconnect()
    client.loop_stop()
    assert_nothing_of("\n".join(kept), {NAME, scene.members["ada"]} | scene.erased_ids)
