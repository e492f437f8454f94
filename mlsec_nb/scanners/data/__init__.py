"""Data: whether it is what it was said to be, and whether it is safe to open and to train on.

What it is for: every pin that a repository holds (DVC 2 and 3, Git LFS, checksum lists, Croissant, Frictionless,
Hugging Face) is checked against the bytes that lie beside it; what tables hold is searched for what harms whoever opens
them or should not be in them.

What it must never do: say that something is verified when only part of it could be; read outside of the repository that
a pin stands in because the pin says so; show a value of a cell; unpickle.

Dependencies: PyYAML (there anyway) for pins. DVC itself is not used: it needs seconds to start, and it believes a file
to be unchanged when size and time of change are as before, which whoever tampers can arrange. Here bytes are always
hashed.
"""
