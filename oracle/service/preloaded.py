"""What the process that forks the workers imports once, so that no task's time goes into it: all that works need late.

Importing matplotlib takes a second of a quiet machine and ten of a loaded one.  A worker whose time is up in the middle
of it would be followed by one that begins with it anew.
"""

import matplotlib.backends.backend_svg
import matplotlib.figure
import matplotlib.ticker  # noqa: F401

import oracle.report.golden_view
import oracle.report.html
import oracle.service.works  # noqa: F401
