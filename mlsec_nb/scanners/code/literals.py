"""Texts that code puts together from what it knows."""

from collections.abc import Mapping

from .judge import Arguments
from .values import Origin, Value, constant


def spelled_out(arguments: Arguments) -> Value | None:
    """`map(chr, [104, 105])` as its letters."""
    function, items = arguments.get(0), arguments.get(1)
    if function is None or items is None or function.name != "builtins.chr" or not items.items:
        return None
    numbers = [item.const for item in items.items]
    if not all(type(number) is int and 0 <= number < 0x110000 for number in numbers):
        return None
    return Value(items=tuple(constant(chr(number)) for number in numbers), origins=(Origin("decoded"),))


def formatted(template: str, positional: tuple[Value, ...], keywords: Mapping[str, Value]) -> str:
    text = template
    for index, value in enumerate(positional[:8]):
        shown = value.text if value.text is not None else "{…}"
        text = text.replace(f"{{{index}}}", shown).replace("{}", shown, 1)
    for key, value in list(keywords.items())[:8]:
        if value.text is not None:
            text = text.replace(f"{{{key}}}", value.text)
    return text
