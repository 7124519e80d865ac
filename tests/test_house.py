"""The walls of the house."""

import subprocess
import sys


def test_imports_point_downwards_only():
    """No module imports from a higher layer, no sibling another."""
    result = subprocess.run([f"{sys.prefix}/bin/lint-imports"], capture_output=True, text=True, check=False)

    assert 0 == result.returncode, result.stdout
