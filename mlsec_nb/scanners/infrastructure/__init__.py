"""The infrastructure room: what a system is built and run with, read as data: never rendered, applied or run.

A text is recognised by its name and its content (`recognise`), read into trees whose every value knows where it stands
(`yaml_tree`, `dockerfile`), and taken apart into items: a resource, a container, a job, a command. A rule is a TOML
table with checks on items or commands (`rules/*.toml`, `checks`); where a table cannot say it, the reader of that
language finds it.

What is not known (a variable without default, a template's hole) never makes a finding: a value is wrong only where
it stands written. Severity follows what an attacker gains; what every ordinary project does (a tag instead of a
digest, no `USER`) is said below the default threshold. Values of secrets are the secrets room's.

Modules of Terraform are followed where they lie in the same project: a resource is judged in its own file, and once
more with what its module is called with; what is wrong then alone is said at the call (`modules`).

It must never render a template, fetch an image, module or chart, or follow a path out of the project it reads.

Dependencies: PyYAML (0.8 MB, MIT; there anyway) for its events alone: no constructor runs, aliases are shared, never
copied, and every walk has a budget. tree-sitter-hcl (0.05 MB, Apache-2.0) beside the tree-sitter that reads shell:
exact places at 3 MB/s.

Tried and dropped: python-hcl2 (no places, 0.15 MB/s, another API in every version). Not followed where checkov's own
tests differ from what the cloud does: TCP port 0 as "all ports", `self = true` beside an open address as closed.
"""
