from __future__ import annotations

from typing import Any

import pytest

from tests.differential import answers, compare
from tests.differential.cases import answer
from tests.differential.cases import values as cases
from tradewind.sdk.values import decode, encode

TOLD = answers("values")
KNOWN = {
    # D-10: what 2.11 refuses, or gives back as another kind of value, arrives here as it was sent.
    **dict.fromkeys(
        ("dict with class", "number keys", "mixed keys", "tuple in list", "tuple in dict", "offset datetime", "time",
         "decimal", "decimal big", "uuid", "bytes", "enum", "frozen dataclass", "numpy array", "numpy matrix",
         "timestamp"),
        "D-10",
    ),
    # D-11: a numpy number arrives as the Python number it equals, so that the next task need not load numpy.
    **dict.fromkeys(("numpy int", "numpy small", "numpy half", "numpy bool"), "D-11"),
}  # fmt: skip


@pytest.mark.spec("1/CF-04")
@pytest.mark.parametrize("name", list(cases.CASES))
def test_a_value_arrives_as_in_airflow(name: str) -> None:
    try:
        value: Any = cases.value_of(name)
    except ImportError as missing:
        pytest.skip(f"needs {missing.name}")
    ours = {"sent": answer(lambda: value), "got": answer(lambda: decode(encode(value)[0]))}

    def same(theirs: Any, found: Any) -> bool:
        # A value that cannot travel is an error in both; the words are ours.
        return theirs["sent"] == found["sent"] and (
            theirs["got"] == found["got"] or (_is_error(theirs["got"]) and _is_error(found["got"]))
        )

    compare([(name, TOLD[name], ours)], {name: KNOWN[name]} if name in KNOWN else {}, same)


@pytest.mark.parametrize("name", [name for name, why in KNOWN.items() if why == "D-10"])
def test_where_we_differ_the_value_arrives_unchanged(name: str) -> None:
    try:
        value = cases.value_of(name)
    except ImportError as missing:
        pytest.skip(f"needs {missing.name}")

    assert answer(lambda: decode(encode(value)[0])) == answer(lambda: value)


def _is_error(told: Any) -> bool:
    return isinstance(told, dict) and "error" in told
