"""The secrets room: credentials in everything that a notebook has, told from what only looks like one.

A document's segments are read as they are and in other clothes (`views`: decoded, joined, stripped), each mapped back
to its place. Rules with a form of their own (`rules/*.toml`) and values beside telling names (`assignments`) make
candidates; offline judges (`judges`) decide what they are worth; `story` puts the places of one leak together.

It must never let a secret out: a value lives in a `Candidate`, and only `Evidence.secret` of it leaves. With `--verify`
(never without) `verifying` sends it to its own vendor, and nowhere else, to learn whether it still works.

Dependencies: none is needed. `ahocorasick_rs` (0.4 MB, Apache-2.0) and `hyperscan` (2.8 MB, MIT) find keywords faster;
both are in the extra `fast` because neither has a wheel for every platform.

Tried and dropped: regular expressions over the whole text (0.02–0.7 MB/s); terminator lists after a token (they lose
what is quoted inside a quoted text): look-arounds on the token's own alphabet are used instead.
"""
