"""The only doors outside: bounded files, archives, processes, the network.

Everything that comes in here was written by somebody else, so every door has a limit, and what a door cannot give is
a `CannotRead` with a reason in words. No door follows what it reads: an archive member is a stream and never a file on
disk, a process gets an argument list and never a shell, a request stays on its scheme.
"""
