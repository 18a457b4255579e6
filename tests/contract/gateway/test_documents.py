from pathlib import Path

import pytest

from backstride_gateway.api.documents import OPENAPI_PATH, documents, openapi_document

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", sorted(documents()))
def test_what_is_committed_is_what_the_code_says(path: str) -> None:
    committed = (ROOT / path).read_text(encoding="utf-8")
    assert committed == documents()[path], "run: make generated"


def test_every_operation_says_what_it_does_and_which_errors_it_has() -> None:
    assert (ROOT / OPENAPI_PATH).is_file()
    for path, operations in openapi_document()["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert list(response["content"]) == ["application/problem+json"]
