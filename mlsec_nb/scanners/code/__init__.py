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

Measured on 4,385 public notebooks (vertex-ai-samples, generative-ai, huggingface/notebooks and cookbook,
amazon-sagemaker-examples, MachineLearningNotebooks, PythonDataScienceHandbook, tensorflow/docs, LLMs-from-scratch,
handson-ml3 and others; 1,231 of them of repositories that were not looked at while the rules were written: pinecone,
weaviate, elastic, azure and others). All critical and high findings were looked at, and of the medium ones up to a
dozen for each rule:

    severity   findings   right   rules
    critical          7       7   LOAD-PICKLE 2, LOAD-NUMPY 2, LOAD-TORCH 1, EVAL 1, OS-SYSTEM 1: downloaded, then run
    high             96      95   TRUST-REMOTE-CODE 63, LOAD-PICKLE 8, TLS-OFF 7, LOAD-TORCH 5, EVAL 5, …
    doubtful: one LOAD-TORCH of results that the authors keep in their own public bucket

Tried and dropped: letting a secret flow through every call (a client made with a key is not the key; it printed false
findings), a downloaded file's path as if it were its content (only what is read from it is somebody else's),
`timeit` as a way to run text (it is given functions), `from_pretrained` without a revision as a risk (several in every
notebook: information), and Bandit's severities (its HIGH for MD5 and MEDIUM for a missing timeout are noise here).

Cost. 27 CPU s for those 3,154 notebooks (290 MB; 4.5 more for reading them), 6.5 of them for the 1,400 in which nothing
is found: all texts and words of a document are asked as a whole first, then cells, and those that are asked by nothing
are not even read by IPython's rules. Of the rest the walk is a fourth, parsing and Bandit's tests a sixth each.
Bandit's own way over whole files took more than all the rest together: its tests are asked about the nodes and cells
that they can be about. Patterns over whole documents begin with plain letters, and nothing looks twice for the end of
the same thing: 1 MB of tags that nothing closes once took hours. Tried and dropped: walking only the cells on which
depends what is looked for (names are used again and again: 93 % of the code stays); the same for statements, by the
names that they bind and use (45 % stay, with the same findings, but cutting and asking costs what it spares).

Known to be weak: values are joined where branches meet, so one of two functions with the same name may be lost.
"""
