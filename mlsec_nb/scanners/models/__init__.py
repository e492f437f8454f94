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

Measured (tests/scanners/models, tests/benchmarks/bench_models.py): of 512 files that real libraries wrote none is
flagged, of 752 inert attacks all are and 746 are dangerous; 3 million opcodes a CPU second; a pickle of 1 GB in 25 MB
and 0.02 CPU s (3 s with digest and search for programs). On 1.07 GB of random floats the search has no false hit.

Public test files of peers: picklescan's 95 malicious files are all caught and its 14 benign ones pass; of modelaudit's
62 malicious assets 59 are caught. Not caught there, on purpose: two configurations and one safetensors file in which
an address or a command is only a text that nothing reads. Only "needs a look": 7z archives (no framework opens one),
text that looks like code in safetensors metadata, classes of `__main__` or of an unknown package.

Known limits: an engine (TensorRT, RKNN) is opaque; payloads hidden by steganography cannot be told from weights; code
by value is judged by the names that it uses; external links in HDF5 are found where their messages stand plainly.

Tried and dropped: `pickletools` (reads another language than the C unpickler), blocklists alone (42 % recall), reading
the source of installed modules to prove names harmless (verdicts then differ between machines), the two bytes `MZ` as
a sign of an executable (7,664 hits in 1 GB of random floats).
"""
