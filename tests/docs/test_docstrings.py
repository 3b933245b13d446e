"""Every parameter of a public name is documented, with a type."""

import inspect
import re

import pytest

import alsmodels

docscrape = pytest.importorskip("numpydoc.docscrape")

WORDS = (
    "str int float bool bytes dict list tuple mapping sequence collection callable iterable array_like ndarray "
    "array numpy pandas xarray pymc matplotlib dask"
)
TYPE = re.compile(rf"\{{|[A-Z]\w+|({'|'.join(WORDS.split())})\b")


def is_documented_here(thing: object) -> bool:
    """Whether it is a function, or a class that is no exception or warning."""
    return callable(thing) and not (inspect.isclass(thing) and issubclass(thing, BaseException))


def entries(thing: object) -> dict[str, str]:
    """Types by name, of a function's parameters or of the fields of a class and those it inherits from."""
    found: dict[str, str] = {}
    for one in reversed(inspect.getmro(thing)) if inspect.isclass(thing) else (thing,):
        if one is not object:
            sections = docscrape.NumpyDocString(inspect.cleandoc(one.__doc__ or ""))
            for entry in [*sections["Parameters"], *sections["Attributes"]]:
                found |= {name.strip().lstrip("*"): entry.type for name in entry.name.split(",")}
    return found


@pytest.mark.parametrize("name", [name for name in alsmodels.__all__ if is_documented_here(getattr(alsmodels, name))])
def test_parameters_are_documented(name: str) -> None:
    thing = getattr(alsmodels, name)
    asked = {one for one in inspect.signature(thing).parameters if not one.startswith("_")}
    found = entries(thing)
    assert set(found) == asked
    assert {one: kind for one, kind in found.items() if not TYPE.match(kind)} == {}
