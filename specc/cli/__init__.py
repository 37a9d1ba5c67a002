"""The command line: one file per verb, each with its arguments, its input and output and its exit code, nothing else.

Exit codes: 0 fine, 1 findings (errors in a spec, a file that is not formatted), 2 misuse (arguments, files, a missing
package), 3 a bug of specc, 130 interrupted, 141 the reader of the output went away.
"""

from __future__ import annotations

FINE, FINDINGS, MISUSE, BUG, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141
