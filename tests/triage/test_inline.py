import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.core import Part, Status
from mlsec_nb.triage import inline

from .planted import PICKLE, SECRET, SHELL, all_found, file, found, notebook, segment

TODAY = dt.date(2026, 6, 1)
WORD = "hunter2xyz"


def judge(document, rule=SECRET, word=WORD):
    return [(one.status, one.reason) for one in inline(document, all_found(document, rule, word), today=TODAY)]


def statuses(document, rule=SECRET, word=WORD):
    return [str(status) for status, _ in judge(document, rule, word)]


def test_a_comment_in_the_line_suppresses_and_its_reason_is_told():
    document = notebook(f"x = 1\nkey = '{WORD}'  # mlsec: ignore[SECRET-AWS-ACCESS-KEY] a made-up key\ny = '{WORD}'")
    assert judge(document) == [
        (Status.SUPPRESSED, "mlsec: ignore in line 2: a made-up key"),
        (Status.NEW, ""),
    ]


@pytest.mark.parametrize(
    "comment",
    [
        "# mlsec: ignore[SECRET-*] why",
        "#mlsec:ignore[secret-aws-access-key] why",
        "// mlsec: ignore[OTHER, SECRET-AWS-ACCESS-KEY] why",
        "-- mlsec: ignore[secrets] why",
        "% mlsec: ignore why",
        "/* mlsec: ignore[SECRET-*] -- why */",
        "<!-- mlsec: ignore[SECRET-*]: why -->",
        "# mlsec: ignore[SECRET-*] until 2026-06-01 why",
        "# mlsec: ignore[SECRET-*] until=2027-01-31 -- why",
        "# mlsec: ignore[SECRET-*] why (until 2027-01-31)",
        "# mlsec: ignore[SECRET-*] why until 2027-01-31",
    ],
)
@pytest.mark.parametrize("place", ["same", "above"])
def test_comment_styles(comment, place):
    text = f"{WORD} {comment}" if place == "same" else f"  {comment}\n{WORD}"
    line = 1
    document = notebook(text)
    assert judge(document) == [(Status.SUPPRESSED, f"mlsec: ignore in line {line}: why")]


@pytest.mark.parametrize(
    "text",
    [
        f"{WORD} # mlsec: ignore[LOAD-*] another rule",
        f"{WORD} # mlsec: ignored[SECRET-*] why",
        f"{WORD} # mlsec: ignore-all[SECRET-*] why",
        f"{WORD} mlsec: ignore[SECRET-*] no comment",
        f"# mlsec: ignore[SECRET-*] why\n\n{WORD}",
        f"x # mlsec: ignore[SECRET-*] not alone\n{WORD}",
        f"{WORD}\n# mlsec: ignore[SECRET-*] below",
        f"# mlsec: ignore[SECRET-*] why\nx = 1\n{WORD}",
        f"{WORD} # noqa",
        f"{WORD} # nosec",
        f"{WORD} # pragma: allowlist nextline secret\n",
        f"x # pragma: allowlist nextline secret\n{WORD}",
        f"# mlsec: ignore[SECRET-*] like {WORD}",
        f"# mlsec: ignore-cell why\n{WORD}",
    ],
)
def test_what_does_not_suppress(text):
    assert statuses(file(text)) == ["new"]


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("# mlsec: ignore[SECRET-*] until 2026-05-31 why", "expired on 2026-05-31"),
        ("# mlsec: ignore[SECRET-*] until 2027-13-01 why", "no date that can be read"),
        ("# mlsec: ignore[SECRET-*] why until", "no date that can be read"),
        ("# mlsec: ignore[] why", "names no rule"),
        ("# mlsec: ignore[SECRET-* why", "names no rule"),
    ],
)
def test_what_is_over_or_unclear_suppresses_nothing_and_says_so(comment, says):
    ((status, reason),) = judge(notebook(f"{WORD} {comment}"))
    assert status is Status.NEW
    assert says in reason
    assert "line 1" in reason


def test_one_mark_that_holds_is_enough():
    document = notebook(f"# mlsec: ignore[*] until 2020-01-01 old\n# mlsec: ignore[SECRET-*] new\n{WORD}")
    assert judge(document) == [(Status.SUPPRESSED, "mlsec: ignore in line 2: new")]


def test_no_reason_is_told():
    assert judge(notebook(f"{WORD} # mlsec: ignore[SECRET-*]")) == [
        (Status.SUPPRESSED, "mlsec: ignore in line 1: (no reason given)")
    ]


def test_prose_about_until_is_a_reason():
    assert judge(notebook(f"{WORD} # mlsec: ignore[*] until we move away")) == [
        (Status.SUPPRESSED, "mlsec: ignore in line 1: until we move away")
    ]


def test_a_secret_in_a_reason_is_masked():
    secret = "AK" + "IA" + "Q3EGRTL7ZX52MNVB"
    ((_, reason),) = judge(notebook(f"{WORD} # mlsec: ignore[*] like {secret}"))
    assert secret not in reason


def test_a_finding_over_several_lines_is_reached_at_its_first_and_last():
    for comment_line, expected in [(0, "suppressed"), (1, "new"), (2, "suppressed"), (3, "new")]:
        lines = ["load(", "  x", ")", "y"]
        lines[comment_line] += "  # mlsec: ignore[LOAD-*] ours"
        document = notebook("\n".join(lines))
        source = document.segments[0]
        (finding,) = found(PICKLE, source, source.text[: source.text.index(")") + 1])
        assert [one.status for one in inline(document, [finding], today=TODAY)] == [expected]


def test_a_finding_that_ends_with_its_line_does_not_touch_the_next():
    document = notebook("load()\nx  # mlsec: ignore[LOAD-*] ours")
    (finding,) = found(PICKLE, document.segments[0], "load()\n")
    assert [one.status for one in inline(document, [finding], today=TODAY)] == ["new"]


def test_a_cell_and_its_outputs():
    document = notebook(
        {"source": f"# mlsec: ignore-cell[SECRET-*] a demo\nx = '{WORD}'\n\ny = '{WORD}'", "output": WORD},
        f"z = '{WORD}'",
        {"source": f"{WORD}\n<!-- mlsec: ignore-cell why -->", "kind": "markdown"},
    )
    assert statuses(document) == ["suppressed"] * 3 + ["new", "suppressed"]


def test_an_output_suppresses_nothing():
    text = f"# mlsec: ignore-file why\n# mlsec: ignore-cell why\n{WORD} # mlsec: ignore why # pragma: allowlist secret"
    assert statuses(notebook({"source": "x", "output": text})) == ["new"]
    for kind in (Part.OUTPUT, Part.TRACEBACK, Part.METADATA, Part.ATTACHMENT):
        assert statuses(file(text, kind=kind)) == ["new"]


def test_the_top_of_a_file_speaks_for_all_of_it():
    assert statuses(file(f"#!/bin/sh\n# mlsec: ignore-file[SECRET-*] fixtures\n{WORD}\n\n{WORD}")) == ["suppressed"] * 2
    assert statuses(file("\n" * 29 + f"# mlsec: ignore-file why\n{WORD}")) == ["suppressed"]
    assert statuses(file("\n" * 30 + f"# mlsec: ignore-file why\n{WORD}")) == ["new"]
    document = notebook("import os", "# mlsec: ignore-file[SECRET-*] a tutorial", {"source": WORD, "output": WORD})
    assert judge(document)[1] == (Status.SUPPRESSED, "mlsec: ignore-file at the top of the file: a tutorial")
    assert statuses(notebook("\n" * 40, f"# mlsec: ignore-file why\n{WORD}")) == ["new"]


@pytest.mark.parametrize(
    ("metadata", "status"),
    [
        ({"tags": ["mlsec-ignore"]}, "suppressed"),
        ({"tags": ["x", "mlsec-ignore:SECRET-*"]}, "suppressed"),
        ({"tags": ["mlsec-ignore:LOAD-*"]}, "new"),
        ({"tags": ["mlsec-ignored", 7, None]}, "new"),
        ({"tags": "mlsec-ignore"}, "new"),
        ({"mlsec": {"ignore": ["SECRET-*"], "reason": "why"}}, "suppressed"),
        ({"mlsec": {"ignore": "SECRET-*"}}, "suppressed"),
        ({"mlsec": {"ignore": ["SECRET-*"], "until": "2026-05-31"}}, "new"),
        ({"mlsec": {"ignore": ["SECRET-*"], "until": 7}}, "new"),
        ({"mlsec": {"ignore": [7, None]}}, "new"),
        ({"mlsec": {"ignore": 7}}, "new"),
        ({"mlsec": ["SECRET-*"]}, "new"),
        ({"mlsec": {"ignore": []}}, "new"),
    ],
)
def test_metadata(metadata, status):
    assert statuses(notebook({"source": WORD, "output": WORD, "metadata": metadata})) == [status] * 2
    assert statuses(notebook(WORD, {"source": WORD, "output": WORD}, metadata=metadata)) == [status] * 3


def test_reasons_in_metadata_are_told():
    document = notebook({"source": WORD, "metadata": {"mlsec": {"ignore": ["*"], "reason": "a demo"}}})
    assert judge(document) == [(Status.SUPPRESSED, "mlsec.ignore in the metadata of the cell: a demo")]


@pytest.mark.parametrize(
    ("text", "rule", "status"),
    [
        (f"{WORD}  # pragma: allowlist secret", SECRET, "suppressed"),
        (f"{WORD}  // pragma: whitelist secret", SECRET, "suppressed"),
        (f"{WORD}  <!-- pragma: allowlist secret -->", SECRET, "suppressed"),
        (f"# pragma: allowlist nextline secret\n{WORD}", SECRET, "suppressed"),
        (f"{WORD} # gitleaks:allow", SECRET, "suppressed"),
        (f"{WORD} # pragma: allowlist secret # nosec", PICKLE, "suppressed"),
        (f"{WORD} # pragma: allowlist secret", PICKLE, "new"),
        (f"{WORD} # gitleaks:allow", PICKLE, "new"),
        (f"{WORD} # nosec", PICKLE, "suppressed"),
        (f"{WORD} #nosec B301", PICKLE, "suppressed"),
        (f"{WORD} # nosec: B602, B301", PICKLE, "suppressed"),
        (f"{WORD} # nosec B602", PICKLE, "new"),
        (f"{WORD} # nosec - our own file", PICKLE, "suppressed"),
        (f"{WORD} # nosec subprocess_popen_with_shell_equals_true", PICKLE, "new"),
        (f"{WORD} # noqa: S301", PICKLE, "suppressed"),
        (f"{WORD} # NOQA:E501,S301 why", PICKLE, "suppressed"),
        (f"{WORD} # noqa: E501", PICKLE, "new"),
        (f"{WORD} # noqa: S999", PICKLE, "new"),
        (f"{WORD} # noqa: S602", SHELL, "suppressed"),
        (f"# ruff: noqa: S602\n\n{WORD}", SHELL, "suppressed"),
        (f"# ruff: noqa\n{WORD}", SHELL, "new"),
    ],
)
def test_marks_of_other_tools(text, rule, status):
    assert statuses(notebook(text), rule) == [status]


def test_findings_without_a_line_or_a_segment():
    document = notebook("# mlsec: ignore-cell why\nx")
    nowhere = [
        finding.__class__(rule=SECRET, scanner="secrets", location=place, evidence=finding.evidence)
        for finding in found(SECRET, segment(WORD), WORD)
        for place in (document.segments[0].place, segment("", part="metadata").place)
    ]
    assert [one.status for one in inline(document, nowhere)] == ["suppressed", "new"]
    assert inline(document, []) == []


def test_many_marks_and_many_findings_take_little_time():
    began = time.perf_counter()
    text = "\n".join(f"{WORD} # pragma: allowlist secret\n# mlsec: ignore-cell[NO-{n}] x" for n in range(1500))
    assert set(statuses(file(text))) == {"suppressed"}
    assert set(statuses(notebook(text))) == {"suppressed"}
    assert time.perf_counter() - began < 5


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["x", WORD, "", "  "]),
            st.sampled_from(["", "# mlsec: ignore[SECRET-*] a", "# mlsec: ignore[LOAD-*] b", "# nosec"]),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(deadline=None)
def test_a_mark_reaches_its_own_line_or_alone_the_next(lines):
    """Told again from the lines themselves: what holds for one line depends on it and on the comments right above."""
    text = "\n".join(f"{word} {comment}" for word, comment in lines)
    expected, carried = [], False
    for word, comment in lines:
        ours = comment.startswith("# mlsec: ignore[SECRET")
        if word == WORD:
            expected.append("suppressed" if ours or carried else "new")
        alone = not word.strip() and comment.startswith("# mlsec")
        carried = alone and (ours or carried)
    assert statuses(file(text)) == expected
