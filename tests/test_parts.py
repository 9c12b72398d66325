import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.parts import MOST, parts_of


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("How do vLLM and SGLang compare on throughput?", ("vLLM throughput?", "SGLang throughput?")),
        ("how does QServe compare with FlatQuant?", ("QServe?", "FlatQuant?")),
        ("How does quantization differ from sparsity in accuracy?", ("quantization accuracy?", "sparsity accuracy?")),
        ("compare speculative decoding and early exit", ("speculative decoding?", "early exit?")),
        (
            "What is the difference between process and outcome reward models for reasoning?",
            ("process reasoning?", "outcome reward models reasoning?"),
        ),
        ("FlashAttention vs. FlashDecoding", ("FlashAttention?", "FlashDecoding?")),
        ("How do CSKV, QServe and SnapKV compare?", ("CSKV?", "QServe?", "SnapKV?")),
        (
            "How fast is FlashAttention-2? What does LTX-Video need?",
            ("How fast is FlashAttention-2?", "What does LTX-Video need?"),
        ),
        (
            "what is test-time compute, and which papers reduce KV cache memory?",
            ("what is test-time compute?", "which papers reduce KV cache memory?"),
        ),
    ],
)
def test_what_is_compared_or_asked_besides_is_a_part(question: str, parts: tuple[str, ...]) -> None:
    assert parts_of(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "which papers reduce KV cache memory?",
        "is vLLM faster than HuggingFace pipelines and which hyperparameters matter?",
        "What is vAttention, and how does it manage memory?",  # leans on what comes before
        "making RAG cheaper through cache reuse, and making RAG scale with inference compute",
        "compare the and of",
        "how do papers compare?",
        "KV cache versus KV cache",
        "compare a, b, c, d, e and f",
        "Runtime efficiency of code: how it is measured, and how it is improved",
    ],
)
def test_one_question_has_no_parts(question: str) -> None:
    assert parts_of(question) == ()


@given(st.text(max_size=200) | st.from_regex(r"(how do|compare|what is) [\w ,?]{0,80}( and | vs )[\w ,?]{0,80}"))
def test_any_text_has_no_part_or_a_few_that_are_questions(question: str) -> None:
    parts = parts_of(question)
    assert len(parts) != 1
    assert len(parts) <= MOST
    assert all(part.endswith("?") and len(part) > 1 for part in parts)
