"""CloudFormation, SAM and what CDK makes: resources with their properties, parameters put in where they have a default.

Format: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html.
"""

from typing import Final

from mlsec_nb.scanners.tree import UNKNOWN, Node, walk

from .commands import of_script
from .items import Item, Parsed
from .scripts import placed

DIALECT: Final = "cloudformation"


def is_template(root: Node) -> bool:
    resources = root.mapping.get("Resources")
    if resources is None:
        return False
    kinds = [node.mapping["Type"].text for node in resources.mapping.values() if "Type" in node.mapping]
    return any(kind.startswith(("AWS::", "Custom::")) for kind in kinds)


def parse(root: Node) -> Parsed:
    """The resources of a template."""
    parsed = Parsed(DIALECT)
    _resolve(root)
    resources = root.mapping["Resources"]
    for name, node in resources.mapping.items():
        kind = node.get("Type")
        if kind is None:
            continue
        empty = Node(kind.start, kind.end, {})
        properties = node.get("Properties") or empty
        item = Item(kind.text, f"{kind.text} {name}", properties, resources.keys.get(name, (kind.start, kind.end)))
        parsed.items.append(item)
        for script in (
            *properties.find("UserData"),
            *properties.find("OnStart.Content"),
            *properties.find("OnCreate.Content"),
        ):
            if isinstance(script.value, str):
                parsed.commands += [(item.label, command) for command in placed(of_script(script.text), script)]
    return parsed


def _resolve(root: Node) -> None:
    """Puts defaults of parameters where they are asked for; everything else that a function makes is not known."""
    defaults = {
        name: default for name, node in (root.mapping.get("Parameters") or Node(0, 0, {})).mapping.items()
        if (default := node.get("Default")) is not None
    }  # fmt: skip
    for _, node in walk(root):
        if not node.is_known and node.raw.startswith("!Ref "):
            default = defaults.get(node.raw[5:].strip().strip("\"'"))
            if default is not None:
                node.value = default.value
        elif isinstance(node.value, dict) and len(node.value) == 1:
            (key,) = node.value
            inner = node.value[key]
            if key == "Ref":
                default = defaults.get(inner.text)
                node.value = default.value if default is not None else UNKNOWN
            elif key in {"Fn::Base64", "Fn::Sub"}:
                node.value, node.raw, node.start = inner.value, inner.raw, inner.start
            elif key.startswith("Fn::"):
                node.value = UNKNOWN
