"""Which findings somebody has judged already: suppressions with reasons, and the baseline of what is known.

Two steps, because the text stays where it was read. `inline` runs beside the scanner, where the document is at hand:
comments, cell tags and metadata, the marks of other tools, and detect-secrets' baseline (its hashes are unsalted SHA-1
of the secrets: they are compared with the text here, and never leave). `apply` runs once over everything: the ignores
of the config, the ignore files of tools that look for vulnerabilities (`ignore_files`), VEX documents (`vex`), and our
own baseline. `merged` says once what several tools say.

Rules of the room: an output suppresses nothing, for it may come from anywhere. A suppression that is past its date, or
that cannot be understood, suppresses nothing and says so in the reason. Nothing is dropped: a judged finding stays in
the report with who judged it and why. The baseline holds neither lines nor cell numbers, so that running, reordering
or editing cells around a finding does not bring it back; and it holds no digest that could be compared with
that of another project, for each file has a random key of its own. That key stands beside the digests: whoever has
the file can try guesses, so a weak password that is accepted should be changed like one that was published.
"""

from .applying import apply
from .baseline import Baseline, baseline_of, new_baseline, read_baseline, show_baseline, write_baseline
from .comparing import changes, known_before
from .exempting import Exemptions
from .foreign import Foreign, read_foreign
from .inlining import inline
from .merging import merged, once
from .reading import read_exemptions

__all__ = [
    "Baseline", "Exemptions", "Foreign", "apply", "baseline_of", "changes", "inline", "known_before", "merged",
    "new_baseline", "once", "read_baseline", "read_exemptions", "read_foreign", "show_baseline", "write_baseline",
]  # fmt: skip
