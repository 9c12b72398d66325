import pytest

from assistant.questions import kind_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("which papers reduce KV cache memory?", "which"),
        ("What recent methods compress reasoning chains?", "which"),
        ("LLM weight quantization below 4 bits", "which"),
        ("benchmarks that test code execution", "which"),
        ("how to stop reasoning models from overthinking", "prose"),
        ("is vLLM faster than HuggingFace pipelines?", "prose"),
        ("How many tokens does ComPile have?", "number"),
        ("what percentage of GPT-4's code misuses APIs?", "number"),
        ("To what size can QMoE compress the model?", "number"),
        ("By how much does Llumnix reduce latency?", "number"),
    ],
)
def test_the_kind_of_a_question_is_seen_from_its_words(question: str, kind: str) -> None:
    assert kind_of(question) == kind
