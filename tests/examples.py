"""Papers, passages and a writer that several tests use."""

from datetime import date

from assistant.endpoint import OnText
from assistant.errors import AssistantError
from assistant.papers import Chunk, Paper, Passage, Provenance, StoredPaper
from assistant.results import Usage
from assistant.writers import Draft, Request

CSKV = Paper(
    "CSKV: Channel Shrinking for KV Cache",
    "Long contexts need much memory. We introduce CSKV, a training-efficient channel shrinking technique for the KV "
    r"cache. Experiments show that CSKV reduces the memory of the KV cache by 80\% and is 2.8times faster than "
    "FlashAttention-2. Combined with quantization, it reaches a compression ratio of 95%.",
    date=date(2024, 9, 16),
)
QSERVE = Paper(
    "QServe: W4A8KV4 Quantization for LLM Serving",
    "Quantization can accelerate large language model (LLM) inference. We introduce QoQ, a W4A8KV4 quantization "
    "algorithm with 4-bit weight, 8-bit activation, and 4-bit KV cache. QServe improves the serving throughput of "
    "Llama-3-8B by 1.2x on A100, as shown in [3].",
    url="https://example.org/qserve",
)
GRAMMAR = Paper(
    "XGrammar: Structured Generation",
    "Context-free grammars constrain decoding. XGrammar splits the vocabulary into tokens that can be checked ahead "
    "and tokens that cannot. It is up to 100x faster than existing solutions.",
    authors=("Ada Lovelace",),
)


def passage(paper: Paper, *, score: float = 0.5, vector: float = 0.5) -> Passage:
    provenance = Provenance("jsonl", "papers.jsonl", 1, date(2026, 1, 1))
    stored = StoredPaper(paper.paper_id, paper, (provenance,))
    return Passage(stored, Chunk(0, len(paper.abstract)), score=score, lexical=1.0, vector=vector)


PASSAGES = (passage(CSKV), passage(QSERVE), passage(GRAMMAR))


class Scripted:
    """A writer that says what it is told to, or fails; it remembers what it was asked."""

    def __init__(self, *replies: str | AssistantError, name: str = "scripted") -> None:
        self.name = name
        self.replies = list(replies)
        self.asked: list[Request] = []

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        self.asked.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, AssistantError):
            raise reply
        return Draft(reply, self.name, Usage(10, 5, estimated=False))
