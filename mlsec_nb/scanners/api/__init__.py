"""Serving interfaces: what a server that serves models shows and takes, and what its description promises.

What it is for: an address is asked (`asking`), what serves there is recognised (`products`), the operation that
predicts is found (`surface`), and checks ask on (`checks/`). A description (OpenAPI, Swagger) is read where it lies
(`description`), as a file too. Rules are `rules.toml`, what is known of servers is `products.toml`.

What it must never do: ask a host that is neither this machine nor said to be the user's own; follow a redirect away
from the address that was given; send anything that could run or change something (pickles hold lists and numbers,
methods are GET, POST to predictions, OPTIONS, TRACE and one that does not exist); ask more often, faster or longer
than its budget; keep an answer. Findings are told in our own words with status and address; what is quoted is masked.

What could not be looked at is a gap: what stands behind a credential that was not given, an operation whose input
could not be guessed, operations that may change something. A check that fails costs the others nothing.

A server that closes the connection at a hostile input and goes on answering has defended itself. One that answers
nothing any more has not.

Dependencies: none. numpy, which pandas brings, fits the model that shows what copying costs. schemathesis (181 MB with
what it needs) runs out of process if it is installed and asked for: alone it sees almost none of the weaknesses of a
model server, and reports eleven failures of conformance for a hardened one; only its server errors are taken over.

Tried and dropped: calling operations that write with broken bodies to see whether they ask for a credential (an
operation without a body would run), and timing of answers as a measure (a shared machine lies).
"""
