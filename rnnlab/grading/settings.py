"""What a submission may take: the only place where the grader's limits stand."""

from typing import NamedTuple


class Settings(NamedTuple):
    """Limits of one submission, and how it is run."""

    cell_seconds: float = 20.0  # one cell of the notebook
    first_call_seconds: float = 30.0  # a function's first call, which may compile
    call_seconds: float = 10.0  # where the question names no limit of its own
    submission_seconds: float = 120.0
    patience: float = 3.0  # on a busy machine, the wait for a processor is given back: at most so many times a limit
    start_seconds: float = 60.0  # the warm process, imports included
    memory_mb: int = 1536  # all processes of a submission together
    address_mb: int = 6144  # address space of one process
    disk_mb: int = 64  # each of HOME and /tmp
    processes: int = 64  # threads count
    message_mb: int = 32  # one answer
    notebook_mb: int = 32  # its file, outputs included
    cell_characters: int = 500_000  # of text that is read, without outputs
    notebook_characters: int = 2_000_000
    pictures_mb: int = 6  # pasted into written answers
    beside_mb: int = 8  # other files that stand beside the notebook while it runs
    judge_mb: int = 600  # the judge itself, beyond which it is ended and the submission recorded
    judge_seconds: float = 600.0  # the same for time: more than a submission can take with all that it may be given
    n_cells: int = 600
    n_files: int = 200
    n_notebooks: int = 20  # that are looked at, to find the one that was meant
    restarts: int = 12  # fresh starts after a crash or a time-out
    isolated: bool = True

    def limits(self) -> dict:
        """Return what the child sets for itself."""
        return {
            "isolated": self.isolated,
            "memory_mb": self.memory_mb,
            "address_mb": self.address_mb,
            "disk_mb": self.disk_mb,
            "processes": self.processes,
            "cpu_seconds": int(self.submission_seconds) + 5,
        }
