import pytest

from tests.servers.finding import required_servers, unavailable


def test_a_missing_server_skips_the_test_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKSTRIDE_TEST_REQUIRE", raising=False)

    with pytest.raises(pytest.skip.Exception, match="no kafka: it is not installed"):
        unavailable("kafka", "it is not installed")


def test_a_missing_server_fails_the_test_where_it_is_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BACKSTRIDE_TEST_REQUIRE", "mosquitto, kafka")

    with pytest.raises(pytest.fail.Exception, match="kafka is required"):
        unavailable("kafka", "it is not installed")


def test_a_misspelt_required_server_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTRIDE_TEST_REQUIRE", "mosquito")

    with pytest.raises(pytest.UsageError, match="mosquito"):
        required_servers()
