from collections.abc import Iterator
from pathlib import Path

import pytest

from .kernels import Kernel


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kernel")


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[Kernel]:
    """One kernel for a module, with the extension loaded."""
    kernel = Kernel(folder)
    assert kernel.run("%load_ext mlsec_nb").error == ""
    yield kernel
    kernel.close()
