"""The secrets room: credentials in everything that a notebook has, told from what only looks like one.

A document's segments are read as they are and in other clothes (`views`: decoded, joined, stripped), each mapped back
to its place. Rules with a form of their own (`rules/*.toml`) and values beside telling names (`assignments`) make
candidates; offline judges (`judges`) decide what they are worth; `story` puts the places of one leak together.

It must never let a secret out: a value lives in a `Candidate`, and only `Evidence.secret` of it leaves. With `--verify`
(never without) `verifying` sends it to its own vendor, and nowhere else, to learn whether it still works.

Dependencies: none is needed. `hyperscan` (2.8 MB, MIT) and `ahocorasick_rs` (0.4 MB, Apache-2.0) find keywords faster;
both are in the extra `fast` because neither has a wheel for every platform. `kingfisher-secret-scanner` (35 MB,
Apache-2.0) is one more opinion, and `detect-secrets` another; neither is asked unless the user says so.

Measured. On 5,313 public notebooks of 33 projects (440 MB) there are 50 different findings, in 32 notebooks, all looked
at: 3 are no secrets (a puzzle's passcode, the cell that prints it, the password of a vendor's documentation) and one is
told under another vendor's name; 16 are signed addresses of files. Two thirds of these notebooks were not seen before
the rules were written: there the first run told a false alarm in every thirtieth (verbs, templates, names of variables,
minified scripts, images), and in the last 928, after that was mended, in every eightieth. Of 3,300 more, in five rounds
with mending between them, every eightieth again (arguments of the same call, keys of caches, passes of a renderer,
passwords of tutorials), and none of the last 366.
100,000 notebooks damaged at random: no crash, and one of 52,580 tokens passed over (four letters that spelled "demo").

Speed. Texts are searched in batches laid end to end, once for keywords and names (`matchers`), and once for each sort
of mark that gives a text another reading (`views.all`); only what has a mark is looked at by itself. Of the time for
56 MB of notebooks a second a tenth goes to the matcher, a third to views, a third to values beside names, a tenth to
syntax trees; reading the notebooks takes half as long again. Python's collector of garbage finds nothing and costs a
tenth, so the command looks for it seldom.

Tried and dropped: regular expressions over the whole text (0.02–0.7 MB/s); terminator lists after a token (they lose
what is quoted inside a quoted text): look-arounds on the token's own alphabet are used instead.
"""
