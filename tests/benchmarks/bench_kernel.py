"""What mlsec costs inside a kernel: loading the extension, loading a large joblib file under guard, 20,000 prints.

`python tests/benchmarks/bench_kernel.py`: real kernels; medians of CPU seconds of the whole kernel, threads included, of
runs that take turns.
"""

import ast
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.jupyter.kernel.kernels import Kernel

TURNS = 7
PREPARE = """
import time, sys, joblib, numpy as np
from pathlib import Path
joblib.dump({"weights": np.random.default_rng(0).random(13_107_200)}, "large.joblib")  # 100 MB
def load():
    start = time.process_time(); joblib.load("large.joblib"); return time.process_time() - start
def prints():
    start = time.process_time()
    for n in range(20_000): print("epoch", n, "loss", 1 / (n + 1))
    sys.stdout.flush(); time.sleep(.3); sys.stdout.flush()
    return time.process_time() - start
_ = load()
"""


def number(kernel: Kernel, code: str) -> float:
    ran = kernel.run(code)
    assert not ran.error, ran.error
    return float(ast.literal_eval(ran.data("text/plain")[-1]))


def extension(folder: Path) -> list[float]:
    """CPU seconds of `%load_ext mlsec_nb`, each in a fresh kernel."""
    took = []
    for _ in range(5):
        kernel = Kernel(folder)
        code = "import time; start = time.process_time()\n%load_ext mlsec_nb\ntime.process_time() - start"
        took.append(number(kernel, code))
        kernel.close()
    return took


def in_turns(kernel: Kernel, part: str, code: str) -> tuple[float, float]:
    """Median seconds without and with a part of the guard, in turns, so that a busy machine slows both."""
    off, on = [], []
    for _ in range(TURNS):
        kernel.run(f"%mlsec guard off {part}")
        off.append(number(kernel, code))
        kernel.run(f"%mlsec guard on {part}")
        number(kernel, code)  # the first look at the file and the first text cost more; they are told by themselves
        on.append(number(kernel, code))
    return statistics.median(off), statistics.median(on)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"%load_ext mlsec_nb           {1000 * statistics.median(extension(folder)):.0f} ms")
        kernel = Kernel(folder)
        kernel.run("%load_ext mlsec_nb")
        kernel.run(PREPARE)
        plain = number(kernel, "load()")
        kernel.run("%mlsec guard on load")
        first, again = number(kernel, "load()"), number(kernel, "load()")
        print(f"100 MB joblib, first look    {plain:.3f} s → {first:.3f} s (the scan of the file), then {again:.3f} s")
        off, on = in_turns(kernel, "load", "load()")
        print(f"100 MB joblib, seen before   {off:.3f} s → {on:.3f} s ({100 * (on / off - 1):+.1f} %)")
        off, on = in_turns(kernel, "output", "prints()")
        print(f"20,000 prints                {off:.3f} s → {on:.3f} s ({100 * (on / off - 1):+.1f} %)")
        kernel.close()


if __name__ == "__main__":
    main()
