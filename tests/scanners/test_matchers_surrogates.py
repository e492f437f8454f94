import pytest

from mlsec_nb.scanners import matchers


@pytest.mark.parametrize("engine", [matchers.Plain, *matchers.ENGINES.values()])
def test_bytes_that_are_no_text_hide_nothing(engine: type[matchers.Literals]) -> None:
    text = b"\xff\xfe key = word \xff".decode("utf-8", "surrogateescape")
    assert engine(("word",)).find(text) == [(text.index("word"), 0)]
