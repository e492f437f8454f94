"""The kernel guard: an unsafe pickle cannot run in a guarded kernel, and a secret cannot reach a saved output.

Four guards, each switched on and off by itself:

- **unpickle** decides at `pickle.find_class`, an audit event that both the C and the Python unpickler raise before a
  callable is resolved, so it covers pickle, joblib, torch, pandas, numpy, sklearn, dill and cloudpickle alike;
- **load** scans a file when a known loader opens it, before its first opcode runs;
- **output** redacts secrets in every channel that ends in the notebook: stdout, stderr, display, results, errors;
- **cell** looks at a cell before it runs, and refuses what the policy forbids.

It prevents accidents and naive attacks. It does not hold a determined attacker who already runs code in the same
process: audit hooks can be starved, streams can be replaced. Audit hooks cannot be removed from a process
(https://docs.python.org/3/library/sys.html#sys.addaudithook), so ours stays and does nothing when the guard is off.

Tried and dropped: replacing `pickle.Unpickler` (the C one is reached by other names), replacing `sys.stdout.write`
(IPython 9 puts the old one back for every cell), patching each loader (a loader imported later is missed).
"""

from .switch import Guard, guard

__all__ = ["Guard", "guard"]
