"""Every error the program reports on purpose.

    AssistantError                 exit 1, "an error of ours"
    ├── UsageError                 exit 2, the request makes no sense as it stands
    │   └── SettingsError          exit 2, a setting cannot be used
    ├── SourceError                exit 1, a file of papers cannot be read
    │   └── NotPapers              it is something else; in a folder, passed over
    ├── FetchError                 exit 1, a service that lists papers failed
    │   └── FetchRefused           it says no to what it was asked
    ├── PromptError                exit 1, a prompt template is missing or wrong
    ├── EmbedderError              exit 1, an embedder cannot be loaded or run
    ├── RerankerError              exit 1, a reranker cannot be loaded or run
    ├── BudgetError                exit 1, a request could cost more than is allowed
    ├── BackupError                exit 1, a backup cannot be written, or is none, or is damaged
    ├── LibraryError               exit 1, the library on disk
    │   ├── LibraryMissing         there is none at that place
    │   ├── LibraryBusy            another process is writing
    │   ├── LibraryReadOnly        the folder cannot be written
    │   ├── LibraryFull            the disk is full
    │   ├── LibraryDamaged         a file of it cannot be read
    │   ├── LibraryTooNew          written by a newer version
    │   ├── EmbedderMismatch       its vectors come from another embedder
    │   ├── StoreError             the server that holds its vectors fails, or was not named
    │   └── PaperNotFound          no such paper, or more than one
    ├── EvaluationError            exit 1, judged questions or a kept evaluation cannot be used
    └── EndpointError              exit 4, the model endpoint failed
        ├── ContextOverflow        the prompt does not fit the model
        ├── RequestRefused         it does not take the request in this form
        └── IncompleteReply        the reply was empty or broke off

Each carries a `hint`: what to do next, in one line. Foreign errors are mapped to these where they
arise; the command line catches `AssistantError` once and prints message and hint.
"""

from typing import ClassVar


class AssistantError(Exception):
    """Base of all errors above. `exit_code` is the process's exit status."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(AssistantError):
    exit_code = 2


class SettingsError(UsageError):
    pass


class SourceError(AssistantError):
    pass


class NotPapers(SourceError):
    pass


class FetchError(AssistantError):
    pass


class FetchRefused(FetchError):
    pass


class PromptError(AssistantError):
    pass


class EmbedderError(AssistantError):
    pass


class RerankerError(AssistantError):
    pass


class BudgetError(AssistantError):
    pass


class BackupError(AssistantError):
    pass


class LibraryError(AssistantError):
    pass


class LibraryMissing(LibraryError):
    pass


class LibraryBusy(LibraryError):
    pass


class LibraryReadOnly(LibraryError):
    pass


class LibraryFull(LibraryError):
    pass


class LibraryDamaged(LibraryError):
    pass


class LibraryTooNew(LibraryError):
    pass


class EmbedderMismatch(LibraryError):
    pass


class StoreError(LibraryError):
    pass


class PaperNotFound(LibraryError):
    pass


class EvaluationError(AssistantError):
    pass


class EndpointError(AssistantError):
    exit_code = 4


class ContextOverflow(EndpointError):
    pass


class RequestRefused(EndpointError):
    pass


class IncompleteReply(EndpointError):
    pass
