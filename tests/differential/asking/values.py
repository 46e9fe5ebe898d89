"""Values: through Airflow's XCom encoder and back."""

from __future__ import annotations

import json
from typing import Any

from airflow.utils.json import XComDecoder, XComEncoder

from tests.differential.cases import answer
from tests.differential.cases import values as cases


def there_and_back(value: Any) -> Any:
    """What the next task gets."""
    return json.loads(json.dumps(value, cls=XComEncoder), cls=XComDecoder)


def ask() -> Any:
    """case -> [the value, what came back]."""
    told = {}
    for name in cases.CASES:
        value = cases.value_of(name)
        told[name] = {"sent": answer(lambda v=value: v), "got": answer(lambda v=value: there_and_back(v))}
    return told
