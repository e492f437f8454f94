"""What runs inside Jupyter: the server extension behind the panel, magics, the report view, the kernel guard.

The server extension answers the panel and nothing else. It must never run code of a notebook, ask a kernel for
anything, write into a notebook unless the user asked for it, answer anybody who is not authenticated and authorised, or
leave the root of the contents manager. It holds no logic of its own: what it finds is what `mlsec scan` finds.

Scans run in a small pool of threads, so the event loop goes on serving other users. Dropped: scanning in the request
(blocks kernels' messages), a WebSocket (a poll of a running folder scan costs less than a second road with its own
authentication), a process for each scan (start-up costs more than the scan of a cell).
"""
