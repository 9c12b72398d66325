"""Numbers with their units, as a reader compares them: `2.8x` is `2.8×`, `10\\%` is `10 percent`, `1,466` is `1466`.

`up to 2.8x` and `at least 2.8x` say different things of the same number. Digits that are part of a name (`GPT-4`,
`Llama-2-7b`, `W4A8KV4`) are no quantities. Signs are not told apart: a dash before a number is as often a hyphen, a
range or a bullet.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

_SCALE = {
    "": 1.0,
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "million": 1e6,
    "b": 1e9,
    "billion": 1e9,
    "t": 1e12,
    "trillion": 1e12,
}
_UNITS = {
    "%": "%", "percent": "%", "percentage": "%", "x": "×", "×": "×", "times": "×", "fold": "×",
    "bit": "bit", "bits": "bit", "gb": "GB", "gib": "GB", "mb": "MB", "tb": "TB", "kb": "KB",
    "ms": "ms", "millisecond": "ms", "milliseconds": "ms", "μs": "μs", "microseconds": "μs", "minute": "min",
    "s": "s", "sec": "s", "second": "s", "seconds": "s",
    "minutes": "min", "hour": "h", "hours": "h", "h": "h", "day": "day", "days": "day",
    "week": "week", "weeks": "week", "month": "month", "months": "month", "year": "year", "years": "year",
    "w": "W", "watt": "W", "watts": "W", "fps": "fps", "hz": "Hz", "khz": "kHz", "mhz": "MHz", "ghz": "GHz",
    "mg": "mg", "kg": "kg", "μg": "μg", "ng": "ng", "ml": "ml", "μl": "μl", "nm": "nm", "μm": "μm", "mm": "mm",
    "cm": "cm", "km": "km",
}  # fmt: skip
# Units that are so many of another.
_IN = {
    "μs": (1e-6, "s"), "ms": (1e-3, "s"), "min": (60.0, "s"), "h": (3600.0, "s"), "day": (86400.0, "s"),
    "week": (604800.0, "s"), "KB": (1e-6, "GB"), "MB": (1e-3, "GB"), "TB": (1e3, "GB"), "Hz": (1e-9, "GHz"),
    "kHz": (1e-6, "GHz"), "MHz": (1e-3, "GHz"), "ng": (1e-6, "mg"), "μg": (1e-3, "mg"), "kg": (1e6, "mg"),
    "μl": (1e-3, "ml"), "nm": (1e-6, "mm"), "μm": (1e-3, "mm"), "cm": (10.0, "mm"), "km": (1e6, "mm"),
}  # fmt: skip
# Words behind a number that are no unit and do not say what is counted.
_NO_UNIT = frozenset({
    "a", "across", "accuracy", "after", "an", "and", "any", "are", "as", "at", "auc", "before", "bleu", "but", "by",
    "compared", "f1", "for", "from", "has", "have", "in", "is", "it", "its", "map", "more", "of", "on", "or", "out",
    "over", "per", "point", "points", "respectively", "rouge", "score", "scores", "than", "that", "the", "their",
    "these", "to", "under", "up", "using", "versus", "vs", "was", "we", "were", "when", "where", "which", "while",
    "with", "without",
})  # fmt: skip
COUNT = "count"
_SYMBOLS = "%‰×$€£¥°"  # units of their own, before or behind a number

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SPOKEN = {word: n for n, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SPOKEN |= {f"{ten}-{one}": 10 * n + m for n, ten in enumerate(_TENS, 2) for m, one in enumerate(_ONES[1:10], 1)}
_MEASURED = "percent|times|fold|bits?|milliseconds?|seconds?|minutes?|hours?|days?|watts?"
_IN_WORDS = re.compile(
    rf"\b(?:(?P<number>{'|'.join(sorted(_SPOKEN, key=len, reverse=True))})(?P<hundred>[ -]hundred)?"
    rf"|(?P<bare>(?:a )?hundred))[ -]?(?P<unit>{_MEASURED})\b",
    re.IGNORECASE,
)
_FACTORS = {
    "twice": 2.0, "double": 2.0, "doubles": 2.0, "doubled": 2.0, "thrice": 3.0, "triple": 3.0, "triples": 3.0,
    "tripled": 3.0, "quadruple": 4.0, "quadruples": 4.0, "quadrupled": 4.0,
}  # fmt: skip
_MAGNITUDE = re.compile(r"\b(an|one|two|three|four|five|six) orders? of magnitude\b", re.IGNORECASE)
_HALF = re.compile(r"\bhal(?:f|ve|ves|ved|ving)\b(?!-)", re.IGNORECASE)
_FACTOR = re.compile(rf"\b(?:{'|'.join(_FACTORS)})\b", re.IGNORECASE)

# Not glued to a name before it. `2-4x` and `25-40%` give both ends the unit of the last.
_NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+,\d{1,2}(?!\d)|\d+(?:\.\d+)?|(?<!\.)\.\d+)(?:[eE][+-]?\d+|\^\(?-?\d{1,3}\)?)?"
)
_QUANTITY = re.compile(
    rf"(?<!\w)(?<!\w\^)(?<!\w-)(?<!\d[./])(?<!\d,)(?P<lead>[{_SYMBOLS}])?\s?(?P<first>{_NUMBER})"
    rf"(?:\s?(?:-|–|—|to)\s?(?P<last>{_NUMBER}))?"
    r"(?:(?P<glued>[kKMBT])(?![A-Za-z])|[\s-]?(?P<scale>thousand|million|billion|trillion)\b)?"
    rf"(?:[\s-]?(?P<unit>[{_SYMBOLS}]|x(?![A-Za-z\d])|[^\W\d_]+\b))?"
)
_MOST = re.compile(r"(?:\b(?:up to|at most|no more than|less than|fewer than)|[<≤])\s*$", re.IGNORECASE)
_LEAST = re.compile(r"(?:\b(?:at least|no less than|more than|over|exceeding)|[>≥])\s*$", re.IGNORECASE)
_BEFORE = 16  # characters before a number in which its bound stands
_BY = re.compile(r"(?<=\d) ?[x×] ?(?=\d)")  # 768x512: two numbers


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit (`×`, `%`, `GB`, …; `count` where another word follows, as in 50 GPUs; or none), and how
    the text wrote it. `bound` is `most` behind “up to” or “less than”, `least` behind “at least” or “more than”."""

    value: float
    unit: str
    text: str
    bound: Literal["", "most", "least"] = ""

    def same(self, other: "Quantity") -> bool:
        """Equal values, 1,000 ms being 1 s; units that are equal or not given on one side; no opposite bounds."""
        if {self.bound, other.bound} == {"most", "least"}:
            return False
        if not self.unit or not other.unit:
            return _close(self.value, other.value)
        (scale, unit), (other_scale, other_unit) = (_IN.get(one.unit, (1.0, one.unit)) for one in (self, other))
        return unit == other_unit and _close(self.value * scale, other.value * other_scale)

    @property
    def bounded(self) -> str:
        """The quantity with its upper bound, as a reader says it: `up to 2.8x`."""
        return f"up to {self.text}" if self.bound == "most" else self.text


def is_unit(word: str) -> bool:
    return word.lower() in _UNITS


def plain(text: str) -> str:
    """`text` with every digit and letter in its usual form: `９` as 9, `80²` as 80^2, `⑨` as 9."""
    text = re.sub(r"(?<=\d)[²³¹⁰-⁹]+", lambda match: f"^{unicodedata.normalize('NFKC', match[0])}", text)
    text = unicodedata.normalize("NFKC", text).replace("−", "-")
    return "".join(str(digit) if (digit := unicodedata.digit(c, None)) is not None else c for c in text)


def _close(a: float, b: float) -> bool:
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def _bound(before: str) -> Literal["", "most", "least"]:
    return "most" if _MOST.search(before) else "least" if _LEAST.search(before) else ""


def quantities(text: str) -> list[Quantity]:
    """The quantities in cleaned `text`, in order; a range gives its two ends."""
    text = _BY.sub(" × ", text if text.isascii() else plain(text))
    found = []
    for match in _QUANTITY.finditer(text):
        word = (match["unit"] or "").lower()
        unit = _UNITS.get(word, word if word in _SYMBOLS else "" if word in _NO_UNIT else COUNT)
        unit = match["lead"] or unit
        ends = [match.end(part) for part in ("first", "last", "glued", "scale") if match[part]]
        named = unit not in ("", COUNT) and not match["lead"]
        said = text[match.start() : match.end() if named else max(ends)].strip()
        scale = _SCALE[(match["glued"] or match["scale"] or "").lower()]
        bound = _bound(text[max(0, match.start() - _BEFORE) : match.start()])
        for part in ("first", "last"):
            if match[part]:
                found.append(Quantity(_value(match[part]) * scale, unit, said, bound))
    found += [Quantity(_FACTORS[match[0].lower()], "×", match[0]) for match in _FACTOR.finditer(text)]
    found += [Quantity(10.0 ** max(1, _SPOKEN.get(m[1].lower(), 1)), "×", m[0]) for m in _MAGNITUDE.finditer(text)]
    found += [Quantity(50.0, "%", match[0]) for match in _HALF.finditer(text)]
    return found + [_spoken(match) for match in _IN_WORDS.finditer(text)]


def _value(number: str) -> float:
    if re.fullmatch(r"\d+,\d{1,2}", number):  # a decimal comma
        number = number.replace(",", ".")
    base, _, power = number.replace(",", "").partition("^")
    try:
        return float(base) ** int(power.strip("()") or 1)
    except (OverflowError, ZeroDivisionError):
        return float("inf")


def _spoken(match: re.Match[str]) -> Quantity:
    number = 1 if match["bare"] else _SPOKEN[match["number"].lower()]
    return Quantity(
        number * (100.0 if match["bare"] or match["hundred"] else 1.0), _UNITS[match["unit"].lower()], match[0]
    )
