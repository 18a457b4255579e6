from backstride_recorder.ports import StoredTreadmill


def stored(*device_ids: str) -> StoredTreadmill:
    marks = dict.fromkeys(device_ids, (1, 1))
    return StoredTreadmill("demo/one", marks, accepted_count=1, refused_count=0)


def test_a_device_that_does_not_name_itself_has_no_outbox() -> None:
    assert not stored("one").has_outbox
    assert not stored().has_outbox
    assert stored("k3v9").has_outbox
    assert stored("one", "k3v9").has_outbox
