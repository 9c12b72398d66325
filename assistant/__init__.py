"""Cited answers from paper abstracts.

from assistant import Assistant

assistant = Assistant.open()
answer = assistant.ask("which papers reduce KV cache memory?")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.app import Assistant

__all__ = ["Assistant", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`Assistant`, imported when it is first asked for: `import assistant` alone stays cheap."""
    if name == "Assistant":
        from assistant.app import Assistant

        return Assistant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
