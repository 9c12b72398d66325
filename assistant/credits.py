"""What came of asking a model for a report: how a digest and a summary are signed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from assistant.errors import AssistantError
from assistant.reports import Digest, TopicSummary
from assistant.results import Sentence
from assistant.writers import Draft

Report = TypeVar("Report", Digest, TopicSummary)


@dataclass(frozen=True, slots=True)
class Credits:
    """The sentences of a model that did not hold, what went wrong first, what a reader should know, how many replies
    there were, and how many of them were kept from before."""

    removed: tuple[Sentence, ...] = ()
    failure: str = ""
    notices: tuple[str, ...] = ()
    replies: int = 0
    cached: int = 0

    def signed(self, report: Report, *, writer: str) -> Report:
        """The report with its writer's name and all this."""
        return replace(
            report,
            writer=writer,
            removed=self.removed,
            failure=self.failure,
            notices=self.notices,
            replies=self.replies,
            cached=self.cached,
        )


def credited(given: Sequence[Draft | AssistantError], removed: Iterable[Sentence]) -> Credits:
    """The credits of these replies, of which some sentences were `removed`. A notice comes once, whatever it counts."""
    drafts = [one for one in given if isinstance(one, Draft)]
    notices = {re.sub(r"[\d,]", "", one.notice): one.notice for one in reversed(drafts) if one.notice}
    return Credits(
        removed=tuple(removed),
        failure=next((f"{one} ({one.hint})" for one in given if isinstance(one, AssistantError)), ""),
        notices=tuple(notices.values()),
        replies=len(drafts),
        cached=sum(one.kept is not None for one in drafts),
    )
