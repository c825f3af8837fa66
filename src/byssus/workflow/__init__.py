"""The verbs that the command line and the web page share.

Each takes plain paths and options, reports progress through a callable, keeps going past
what is broken, and returns what was made together with what could not be.
"""

from byssus.workflow.files import describe, read_file
from byssus.workflow.progress import REPORT_FILE, Progress, silent
from byssus.workflow.study import RESULTS_FOLDER, Compared, Run, Virtual, carry_out, demo, run_study
from byssus.workflow.tests import Analysed, analyse_files

__all__ = [
    "REPORT_FILE",
    "RESULTS_FOLDER",
    "Analysed",
    "Compared",
    "Progress",
    "Run",
    "Virtual",
    "analyse_files",
    "carry_out",
    "demo",
    "describe",
    "read_file",
    "run_study",
    "silent",
]
