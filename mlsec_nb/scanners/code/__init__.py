"""Code: what a notebook does when it runs, and what it does to whoever opens it — read without running anything.

What it is for. Every cell (and `.py`, `.sh` file) is read as IPython would read it, walked once as an abstract run
with names, values and files carried from cell to cell (in document order, and in the order of execution counts where
that differs), and asked the rules of `rules/*.toml`. Calls are resolved, not searched for: aliases, `getattr`,
`import_module`, `partial`, wrappers of other cells, `**options`. Data is followed from where it comes (download,
upload, form, model's answer, secret) to where it hurts, through shell lines too, and every step is a related place.
Shell text is read by the grammar of Bash. What a browser would show (HTML, SVG, Markdown, JavaScript) is judged by
what it can do; text that deceives its reader (bidirectional and hidden characters, look-alike names, orders to
assistants) by what is not seen.

What it must never do. Import, run or unpickle what it reads; show a value that may be a secret (`findings.conceal`
masks more than the core does: `auth=(…)`, `-u x:y`, odd literals); give up a notebook because one cell cannot be read
(the cell is a `Gap`, its calls are still salvaged); fire on a name alone.

How it goes: `gate` (words, then patterns: is anything worth parsing?) → `transform` (IPython's rules, every character
keeps its place) → `parsing` (cuts out what is no Python) → `expressions` → `calls` → `interpreter` → `magics` (one
walk, in layers) → `judge` (arguments against conditions) → `findings`. A rule is one TOML table; `call`, `assign`,
`shell` and `pattern` tables say when it holds, `_names.toml` what names mean, `_bandit.toml` what of Bandit's is left
to it.

Severity is by origin: a pickle that this notebook wrote is low, of unknown origin medium, from a bucket high,
downloaded or uploaded critical. What is noise in notebooks (asserts, imports, unpinned models) is information.

Dependencies. `tree-sitter` + `tree-sitter-bash` (MIT, 3.6 MB with the grammar): the real grammar of Bash with error
recovery; `bashlex` is GPL and gives up at the first error, `shlex` knows no pipes. `bandit` (Apache-2.0, 1.2 MB; with
stevedore, rich and PyYAML): its rule set on the cells as one module; 597 of its 597 findings on its own examples come
out. Both are loaded only where something of theirs can stand. Not used: IPython (slow to
import, and its transformer moves positions), nbQA (temporary files, and the line numbers of those).

Measured on 1,649 public notebooks (vertex-ai-samples, huggingface/notebooks, PythonDataScienceHandbook,
tensorflow/docs, handson-ml3, RAG_Techniques, anthropic-cookbook); every high finding was looked
at, and of the medium ones up to a dozen for each rule:

    severity   findings   right   rules
    critical          0       –
    high             15      15   TRUST-REMOTE-CODE 7, TLS-OFF 5, DEBUG-SERVER 1, SECRET-SHOWN 1, LOAD-JOBLIB 1
    medium           92      80   SHARE-LINK 14, EVAL 12, LOAD-TORCH 10, CURL-SH 9, SHELL-TRUE 8, LOAD-PICKLE 5, …
    doubtful are the 12 EVAL: a class of the handbook evaluates names that its own cells hand over

Tried and dropped: letting a secret flow through every call (a client made with a key is not the key; it printed false
findings), a downloaded file's path as if it were its content (only what is read from it is somebody else's),
`timeit` as a way to run text (it is given functions), `from_pretrained` without a revision as a risk (several in every
notebook: information), and Bandit's severities (its HIGH for MD5 and MEDIUM for a missing timeout are noise here).

Known to be weak: the cost of notebooks in which nothing is wrong is about 20 ms each, most of it parsing where a word
of a rule stands; values are joined where branches meet, so one of two functions with the same name may be lost.
"""
