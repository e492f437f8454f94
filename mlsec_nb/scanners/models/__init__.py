"""Model files: what loading one would do, said without loading it.

For: every file that a framework calls a model, and everything inside it. A pickle is a program; the machine in
`pickle/` reads it as CPython's C unpickler does, and `knowledge/` says what is thought of each import and call: safe,
needs a look (MEDIUM or lower) or dangerous (HIGH or CRITICAL). `formats/` has one file for each format; names of files
decide nothing, every reader that could be meant is tried.

Never: import, unpickle, decompress without a limit, or run anything of a file; let a verdict depend on what is
installed; call a file clean of which a part was not read.

Dependencies: none. Readers of zip, protobuf, HDF5, flatbuffers, GGUF and msgpack headers are short, stricter than the
libraries' own, and the same everywhere. zstandard, lz4 and py7zr are used when they are there; without them the member
is a Gap.

Tried and dropped: `pickletools` (reads another language than the C unpickler), blocklists alone (42 % recall), reading
the source of installed modules to prove names harmless (verdicts then differ between machines), the two bytes `MZ` as
a sign of an executable (7,664 hits in 1 GB of random floats).
"""
