"""Numbers with their units, as a reader compares them: `2.8x` is `2.8×`, `10\\%` is `10 percent`, `1,466` is `1466`.

Digits that are part of a name (`GPT-4`, `Llama-2-7b`, `W4A8KV4`, `[3]`) are no quantities.
"""

import re
from dataclasses import dataclass

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
    "ms": "ms", "millisecond": "ms", "milliseconds": "ms", "s": "s", "sec": "s", "second": "s", "seconds": "s",
    "minute": "min", "minutes": "min", "hour": "h", "hours": "h", "h": "h", "day": "day", "days": "day",
    "w": "W", "watt": "W", "watts": "W", "fps": "fps",
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
_FOLDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_WORDS = {"twice": 2.0, "double": 2.0, "doubles": 2.0, "doubled": 2.0, "thrice": 3.0}
_WORDS |= {f"{word}{gap}fold": float(n) for word, n in _FOLDS.items() for gap in ("", "-")}
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)

# Not glued to a name before it. `2-4x` and `25-40%` give both ends the unit of the last.
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_QUANTITY = re.compile(
    rf"(?<![\w.^_\[])(?<!\w-)(?<![\w)]/)(?<!\d,)(?P<lead>[×$])?\s?(?P<first>{_NUMBER})"
    rf"(?:\s?(?:-|–|—|to)\s?(?P<last>{_NUMBER}))?"
    r"(?:(?P<glued>[kKMBT])(?![A-Za-z])|[\s-]?(?P<scale>thousand|million|billion|trillion)\b)?"
    r"(?:[\s-]?(?P<unit>%|×|x(?![A-Za-z\d])|[A-Za-z]+\b))?"
)
_BY = re.compile(r"(?<=\d) ?[x×] ?(?=\d)")  # 768x512: two numbers


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit (`×`, `%`, `GB`, …; `count` where another word follows, as in 50 GPUs; or none), and how
    the text wrote it."""

    value: float
    unit: str
    text: str

    def same(self, other: "Quantity") -> bool:
        """Equal values, and units that are equal or not given on one side."""
        close = abs(self.value - other.value) <= 1e-9 * max(1.0, abs(self.value))
        return close and (self.unit == other.unit or not self.unit or not other.unit)


def quantities(text: str) -> list[Quantity]:
    """The quantities in cleaned `text`, in order; a range gives its two ends."""
    text = _BY.sub(" × ", text)
    found = []
    for match in _QUANTITY.finditer(text):
        word = (match["unit"] or "").lower()
        unit = _UNITS.get(word, "" if not word or word in _NO_UNIT else COUNT)
        unit = {"×": "×", "$": "$"}.get(match["lead"] or "", unit)
        ends = [match.end(part) for part in ("first", "last", "glued", "scale") if match[part]]
        said = text[match.start() : match.end() if unit not in ("", "$", COUNT) else max(ends)].strip()
        scale = _SCALE[(match["glued"] or match["scale"] or "").lower()]
        for part in ("first", "last"):
            if match[part]:
                found.append(Quantity(float(match[part].replace(",", "")) * scale, unit, said))
    found += [Quantity(_WORDS[match[0].lower()], "×", match[0]) for match in _WORD.finditer(text)]
    return found
