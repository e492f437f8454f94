"""The secrets room: credentials in everything that a notebook has, told from what only looks like one.

A document's segments are read as they are and in other clothes (`views`: decoded, joined, stripped), each mapped back
to its place. Rules with a form of their own (`rules/*.toml`) and values beside telling names (`assignments`) make
candidates; offline judges (`judges`) decide what they are worth; `story` puts the places of one leak together.

It must never let a secret out: a value lives in a `Candidate`, and only `Evidence.secret` of it leaves. With `--verify`
(never without) `verifying` sends it to its own vendor, and nowhere else, to learn whether it still works.

Dependencies: none is needed. `ahocorasick_rs` (0.4 MB, Apache-2.0) and `hyperscan` (2.8 MB, MIT) find keywords faster;
both are in the extra `fast` because neither has a wheel for every platform.

Measured. On 5,313 public notebooks of 33 projects (440 MB) there are 50 different findings, in 32 notebooks, all looked
at: 3 are no secrets (a puzzle's passcode, the cell that prints it, the password of a vendor's documentation) and one is
told under another vendor's name; 16 are signed addresses of files. Two thirds of these notebooks were not seen before
the rules were written: there the first run told a false alarm in every thirtieth (verbs, templates, names of variables,
minified scripts, images), and in the last 928, after that was mended, in every eightieth. Expect that of what is new.
100,000 notebooks damaged at random: no crash, and one of 52,580 tokens passed over (four letters that spelled "demo").

Tried and dropped: regular expressions over the whole text (0.02–0.7 MB/s); terminator lists after a token (they lose
what is quoted inside a quoted text): look-arounds on the token's own alphabet are used instead.
"""
