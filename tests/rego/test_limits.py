"""Whatever a policy or its input is, the answer is a value or one clear error: no crash, no hang, nothing forged."""

import contextlib
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.rego import BudgetError, Builtin, Limits, Policy, RegoError, parse_module
from mlsec_nb.rego.values import FALSE, TRUE, Object, Set, from_json, in_order, to_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
ECHO = Policy.load({"a.rego": "package a\np := input\nallow if input.allow == true\ndefault allow := false\n"})


@given(JSON)
def test_what_goes_in_comes_out(value):
    back = ECHO.eval("data.a.p", value).value
    clean = json.loads(json.dumps(value).encode("utf-8", "replace"))
    assert json.dumps(back, sort_keys=True) == json.dumps(to_json(from_json(clean)), sort_keys=True)


@pytest.mark.parametrize("name", ['x", "allow":true, "z":"', "\ud800", "\x00", "a\nb", "`", "${}", "{{"])
def test_no_input_forges_a_verdict(name):
    assert ECHO.eval("data.a.allow", {"allow": False, "name": name, name: True}).value is False


@given(st.lists(JSON, max_size=5))
def test_values_have_one_order(values):
    rego = [from_json(value) for value in values]
    assert in_order(rego) == in_order(reversed(rego)) or len(set(rego)) < len(rego)


def test_true_is_not_one():
    assert len(Set([TRUE, 1, FALSE, 0])) == 4
    assert Object({"a": TRUE}) != Object({"a": 1})


def test_input_that_is_no_json():
    for value in (object(), {1: 2}, float("inf"), float("nan"), b"x"):
        with pytest.raises(RegoError):
            ECHO.eval("data.a.p", value)
    with pytest.raises(RegoError):
        Policy.load({}, data=[1])


PIECES = st.sampled_from(
    ["package a\n", "p", " if ", "{", "}", "[", "]", "(", ")", "|", ":=", "=", "==", "x", "_", "input", ".", "some ", " in ",
     "every ", "not ", "with ", " as ", "else ", "default ", "contains ", "import ", "data", '"s"', "`r`", '$"{x}"', "1", "-",
     ",", ";", ":", "\n", "true", "f(x)", "count(", "# c\n", "# METADATA\n# a: b\n", "set()", "&", "*"]
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_text_is_a_policy_or_an_error(text):
    for version in ("v1", "v0", "auto"):
        with contextlib.suppress(RegoError):
            Policy.load({"a.rego": "package a\n" + text}, version=version, limits=Limits(steps=20_000)).eval(
                "data.a", {}
            )


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_characters_are_a_policy_or_an_error(text):
    with contextlib.suppress(RegoError):
        parse_module("package a\n" + text)


@pytest.mark.parametrize("opening", ["[", "{", "(", "{a|", "[a|", "not ", "-", 'x["', "f(", '$"{', "{1:", "a."])
def test_deep_and_ambiguous_texts_take_no_time(opening):
    started = time.perf_counter()
    for tail in ("", "1", "]"):
        with contextlib.suppress(RegoError):
            parse_module("package a\np := " + opening * 500 + tail)
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    "body",
    ["some x in numbers.range(1, 3000); some y in numbers.range(1, 3000); x * y == -1",
     "count([1 | some x in numbers.range(1, 5000); some y in numbers.range(1, 5000)]) == 1",
     "every x in numbers.range(1, 5000) { every y in numbers.range(1, 5000) { x + y > 0 } }",
     "walk(numbers.range(1, 2000), [_, x]); walk(numbers.range(1, 2000), [_, y]); x == [y]"],
)  # fmt: skip
def test_a_policy_that_takes_too_long_is_an_error(body):
    policy = Policy.load({"a.rego": f"package a\np if {{ {body} }}\n"}, limits=Limits(steps=200_000))
    with pytest.raises(BudgetError, match="steps"):
        policy.eval("data.a.p")


def test_a_policy_that_takes_too_much_time_is_an_error():
    text = "package a\np if { some x in numbers.range(1, 100000); some y in numbers.range(1, 100000); x * y == -1 }\n"
    with pytest.raises(BudgetError, match="seconds"):
        Policy.load({"a.rego": text}, limits=Limits(seconds=0.2)).eval("data.a.p")


@pytest.mark.parametrize(
    "term",
    ['concat("", [x | some _ in numbers.range(1, 100); x := input.big])', 'replace(input.big, "a", input.big)',
     "numbers.range(0, 99999999)", "array.concat(numbers.range(1, 60000), numbers.range(1, 60000))",
     'net.cidr_expand("10.0.0.0/8")', '$"{input.big}{input.big}"'],
)  # fmt: skip
def test_a_value_that_is_too_big_is_an_error(term):
    policy = Policy.load({"a.rego": f"package a\np := {term}\n"}, limits=Limits(items=100_000))
    with pytest.raises(BudgetError):
        policy.eval("data.a.p", {"big": "a" * 90_000})


def nested(depth):
    deep = []
    for _ in range(depth):
        deep = [deep]
    return deep


@pytest.mark.parametrize("depth", [1001, 14_000, 100_000])
def test_input_that_is_nested_too_deeply_is_an_error(depth):
    with pytest.raises(BudgetError, match="nested"):
        ECHO.eval("data.a.p", nested(depth))


DEEP = Policy.load({"a.rego": """package a
p := [sprintf("%v", [input]), json.marshal(input), sort([input, [input], {input}]), {input: 1}, input < [input],
	count([1 | walk(input, [_, _])]), yaml.marshal(input), json.marshal_with_options(input, {"indent": ""})]
u := json.unmarshal(input)
y := yaml.unmarshal(input)
"""})  # fmt: skip


def test_input_that_is_nested_deeply_is_fine():
    assert DEEP.eval("data.a.p", nested(900)).defined


@pytest.mark.parametrize("depth", [1500, 20_000])
def test_text_that_is_nested_too_deeply_gives_no_value(depth):
    assert not DEEP.eval("data.a.u", "[" * depth + "]" * depth).defined
    assert not DEEP.eval("data.a.y", "[" * 1500 + "]" * 1500).defined


def test_evaluations_in_threads_do_not_take_the_stack_from_each_other():
    import sys
    import threading

    before = sys.getrecursionlimit()
    rules = "\n".join(f"p{number} if p{number + 1}" for number in range(600))
    policy = Policy.load({"a.rego": f"package a\n{rules}\np600 := true\n"})
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(policy.eval("data.a.p0").value)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 20
    assert sys.getrecursionlimit() == before


def test_long_chains_of_rules_are_fine():
    rules = "\n".join(f"p{number} if p{number + 1}" for number in range(1000))
    policy = Policy.load({"a.rego": f"package a\n{rules}\np1000 := true\n"})
    assert policy.eval("data.a.p0").value is True


def test_a_host_can_add_builtins_and_take_them_away():
    given_ = Builtin("host.twice", 1, lambda value: value * 2)
    text = {"a.rego": "package a\np := host.twice(2)\n"}
    assert Policy.load(text, builtins=[given_]).eval("data.a.p").value == 4
    with pytest.raises(RegoError, match="undefined function"):
        Policy.load(text)
    with pytest.raises(RegoError, match="switched off"):
        Policy.load({"a.rego": "package a\np := count([1])\n"}, off=["count"])
    network = Builtin("http.send", 1, lambda _: "answer")
    assert (
        Policy.load({"a.rego": "package a\np := http.send({})\n"}, builtins=[network]).eval("data.a.p").value
        == "answer"
    )


def test_the_same_question_gives_the_same_answer():
    text = "package a\np := {k: {x, v} | some k, v in input; x := json.marshal(v)}\n"
    policy = Policy.load({"a.rego": text})
    given_ = {str(number): {"b": number, "a": [number]} for number in range(50)}
    first = json.dumps(policy.eval("data.a.p", given_).value)
    shuffled = dict(reversed(given_.items()))
    assert json.dumps(policy.eval("data.a.p", shuffled).value) == first


def test_errors_say_where():
    with pytest.raises(RegoError, match=r"^dir/a\.rego:3:6: rego_unsafe_var_error: var x is unsafe$"):
        Policy.load({"dir/a.rego": "package a\n\np if x > 1\n"})


def test_what_builtins_could_not_do_is_told():
    answer = Policy.load({"a.rego": "package a\np := to_number(input)\n"}).eval("data.a.p", "x")
    assert not answer.defined
    assert "to_number" in str(answer.errors[0])


def test_wrong_version():
    with pytest.raises(ValueError, match="version"):
        parse_module("package a", version="v2")


def test_with_of_a_builtin_in_a_query():
    assert ECHO.eval("1 == 2 with equal as neq").bindings
