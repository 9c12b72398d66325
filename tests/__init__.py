"""The tests run in a process a core; threads of numpy would only get in each other's way, and use a third of the time.

This is read before anything that imports numpy.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
