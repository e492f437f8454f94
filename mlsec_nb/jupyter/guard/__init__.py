"""The kernel guard: an unsafe pickle cannot run in a guarded kernel, and a secret cannot reach a saved output.

Four guards, each switched on and off by itself:

- **unpickle** decides at `pickle.find_class`, an audit event that both the C and the Python unpickler raise before a
  callable is resolved, so it covers pickle, joblib, torch, pandas, numpy, sklearn, dill and cloudpickle alike;
- **load** scans a file when a known loader opens it, before its first opcode runs;
- **output** redacts secrets in every channel that ends in the notebook: stdout, stderr, display, results, errors;
- **cell** looks at a cell before it runs, and refuses what the policy forbids.

Limits. Formats whose libraries open files in C (HDF5, so old Keras models; safetensors) raise no audit event when they
are opened: `mlsec model` looks at them. Code that a loader runs without a pickle (a Lambda layer, a custom operator)
is the load guard's alone, and it knows loaders and suffixes by a list. A class of the user's own may do anything in
`__setstate__`. An unknown callable passes unless the mode is strict. Text that a process writes to the server's
terminal is not masked there; a secret whose beginning was sent in an earlier cell, or that is shown letter by letter
over displays, is not put together.

It prevents accidents and naive attacks. It does not hold a determined attacker who already runs code in the same
process: audit hooks can be starved, streams can be replaced. Audit hooks cannot be removed from a process
(https://docs.python.org/3/library/sys.html#sys.addaudithook), so ours stays and does nothing when the guard is off.

Tried and dropped: replacing `pickle.Unpickler` (the C one is reached by other names), replacing `sys.stdout.write`
(IPython 9 puts the old one back for every cell), patching each loader (a loader imported later is missed).
"""

from .switch import Guard, guard

__all__ = ["Guard", "guard"]
