"""Files made from the API's code: its OpenAPI document, and types for the pages.

`python -m backstride_shared.generate` finds them by the entry point `backstride.documents`.
"""

import json
from typing import Any, Final

from backstride_gateway.api.app import described_app
from backstride_gateway.api.typescript import typescript_types

OPENAPI_PATH: Final = "docs/contracts/openapi.json"
TYPES_PATH: Final = "services/gateway/pages/src/api-types.ts"


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    return described_app().openapi()


def documents() -> dict[str, str]:
    """Return the content of each file by its path in the repository."""
    document = openapi_document()
    return {
        OPENAPI_PATH: json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        TYPES_PATH: typescript_types(document),
    }
