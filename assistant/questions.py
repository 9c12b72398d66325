"""What a question wants: a list of papers, a number, or prose; an explanation, or drawbacks; what no abstract tells."""

import re
from typing import Literal

QuestionKind = Literal["which", "number", "prose"]

_THINGS = (
    r"(?:papers?|works?|studies|methods?|approach(?:es)?|techniques?|benchmarks?|datasets?|systems?|tools?|models?|"
    r"surveys?|frameworks?|algorithms?|optimi[sz](?:ers?|ations?)|ways)\b"
)
_WHICH = re.compile(
    rf"(?:please\s+|(?:can|could) you\s+|i (?:want|need)\s+|(?:in|on|for|from|by|with|of|to)\s+)?(?:(?:which"
    r"|what(?!\s+(?:is|was|does|do|did|makes?|happens?|would|can|could|should)\b))"
    rf"\s+(?:are\s+(?:the\s+)?)?(?:[\w-]+\s+){{0,3}}?{_THINGS}|(?:list|find|name|show)\b|(?:are|is) there\s+"
    rf"(?:any\s+|other\s+)?(?:[\w-]+\s+){{0,2}}?{_THINGS}|{_THINGS})",
    re.IGNORECASE,
)
_WHICH_LATER = re.compile(rf"\bwhich\s+(?:[\w-]+\s+){{0,2}}?{_THINGS}", re.IGNORECASE)
_ASKED = re.compile(
    r"(?:who|what|wat|when|where|why|how|is|are|was|were|do|does|did|can|could|should|will|would|has|have|had|may|might|"
    r"must)(?:'?s)?\b|(?:define|explain|compare|describe|tell|difference|summari[sz]e)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\bhow\s+(?:much|many|long|fast|large|big|small|few|often|far|high|low|accurate)\b(?!-)(?!\s+language)"
    r"|\bwhat(?:'?s)?\s+(?:[\w-]+\s+){0,4}?(?:percentage|percent|share|fraction|number|size|speed-?up|cost|price|accuracy|"
    r"score|rate|ratio|amount|bound|power|latency|throughput|fid|bleu|f1|factor|count|length|perplexity|footprint|pass@\w+)"
    r"(?=\s*(?:[?.]|$|(?:of|is|are|was|were|does|do|did|can|could|has|have|had|on|at|in|for|under|per|to|from|by|with|"
    r"between)\b))"
    r"|\b(?:to|at|by|up to)\s+(?:what|how)\b|\b(?:in which|what) year\b|^\s*when (?:was|were|did)\b",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(
    r"^\s*(?:what(?:'?s| is| are| does)|define|explain)\s+(?:(?:an?|the)\s+)?[\w-]+(?:\s+[\w-]+){0,3}\s*\??\s*$"
    r"|\b(?:limitations?|drawbacks?|disadvantages?|weakness(?:es)?|shortcomings?)\b"
    r"|^\s*(?:what|which)\b.{0,40}\b(?:problems?|challenges?|risks?) (?:of|with|in)\b",
    re.IGNORECASE,
)
_UNTOLD = re.compile(
    r"\bwho\s+(?:wrote|authored|published|proposed|introduced|invented|developed)\b|\bwho (?:are|is) the authors?\b"
    r"|^\s*(?:the )?authors? of\b|^\s*(?:when|where|in which year) (?:was|were)\b.*\b(?:published|released)\b"
    r"|\b(?:written|authored) by (?!(?:an? )?(?:llms?|ai|(?:language )?models?|machines?|gpt|chatgpt|humans?)\b)"
    r"|\bpublished (?:before|after|since) \d{4}\b"
    r"|\bwhich (?:venue|conference|journal)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:from|in|since|after|before|until|of|by)\s+(199\d|20[0-3]\d)\b", re.IGNORECASE)


def kind_of(question: str) -> QuestionKind:
    """`which` where papers or methods are asked for, or where there is no question but a topic; `number` where a
    quantity is; else `prose`. How a question begins weighs more than what it goes on to ask."""
    question = question.strip()
    if _NUMBER.search(question):
        return "number"
    if _WHICH.match(question):
        return "which"
    if _ASKED.match(question):
        return "prose"
    return "which" if "?" not in question or _WHICH_LATER.search(question) else "prose"


def wants_background(question: str) -> bool:
    """Whether it asks what something is, or for drawbacks: abstracts tell that first, before what they did."""
    return bool(_BACKGROUND.search(question))


def untold(question: str) -> bool:
    """Whether it asks for what stands beside an abstract, not in it: authors, venues, dates of publication."""
    return bool(_UNTOLD.search(question))


def year_in(question: str) -> str:
    """A year by which the question seems to narrow the papers; empty if none."""
    match = _YEAR.search(question)
    return match[1] if match else ""
