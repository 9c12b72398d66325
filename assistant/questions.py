"""What kind of answer a question wants: a list of papers, a number, or prose."""

import re
from typing import Literal

QuestionKind = Literal["which", "number", "prose"]

_WHICH = re.compile(
    r"\b(?:which|what)\s+(?:\w+\s+){0,2}?(?:papers?|works?|studies|methods?|approach(?:es)?|techniques?|benchmarks?|"
    r"datasets?|systems?|tools?|models?|surveys?|frameworks?|algorithms?|ways)\b"
    r"|^\s*(?:papers|list|find|name|show|works|methods|benchmarks?|datasets?|tools|surveys?|ways)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\bhow\s+(?:much|many|long|fast|large|big|small|few|often|far|high|low|accurate)\b"
    r"|\bwhat\s+(?:\w+\s+){0,3}?(?:percentage|percent|share|fraction|number|size|speed-?up|cost|price|accuracy|score|"
    r"rate|ratio|amount|bound|power|latency|fid|bleu|f1|upper|average|factor)\b"
    r"|\b(?:to|at|by|up to)\s+(?:what|how)\b|\b(?:in which|what) year\b|\bwhen\b",
    re.IGNORECASE,
)


def kind_of(question: str) -> QuestionKind:
    """`which` where papers or methods are asked for, or where there is no question but a topic; `number` where a
    quantity is; else `prose`."""
    if _NUMBER.search(question):
        return "number"
    asked = "?" in question or re.match(
        r"\s*(?:who|what|when|where|why|how|is|are|do|does|did|can|should)\b", question, re.I
    )
    if _WHICH.search(question) or not asked:
        return "which"
    return "prose"
