import pytest

from assistant.questions import kind_of, untold, wants_background, year_in


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
        ("what is the average accuracy on MATH?", "number"),
        ("what are the latency optimizations in vLLM?", "which"),
        ("what power management techniques are there?", "which"),
        ("does accuracy drop when weights are quantized?", "prose"),
        ("when was it done?", "number"),
        ("can LLMs write parallel code, and in which models is it worst?", "prose"),
        ("Are there papers on federated learning?", "which"),
        ("in which papers is Rust translated?", "which"),
        ("Given little memory, which methods help?", "which"),
        ("whats the cheapest way to serve llms on mixed gpus", "prose"),
        ("compare quantization and sparsity", "prose"),
        ("tell me about speculative decoding", "prose"),
        ("What is a diffusion model?", "prose"),
        ("What happens when models are pruned?", "prose"),
        ("How large language models reason?", "prose"),
        ("how few-shot prompting works", "prose"),
        ("how many-shot prompting works", "prose"),
    ],
)
def test_the_kind_of_a_question_is_seen_from_its_words(question: str, kind: str) -> None:
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("what is test-time compute?", True),
        ("define MoE", True),
        ("what are the drawbacks of speculative decoding?", True),
        ("what is the effect of quantization on the accuracy of reasoning models?", False),
        ("which papers reduce KV cache memory?", False),
        ("how do models solve math problems?", False),
        ("what are the challenges of long contexts?", True),
    ],
)
def test_what_something_is_and_its_drawbacks_are_background(question: str, wanted: bool) -> None:
    assert wants_background(question) == wanted


@pytest.mark.parametrize(
    ("question", "beside"),
    [
        ("Who wrote FlashAttention-2?", True),
        ("At which conference was it published in 2024?", True),
        ("who wins?", False),
        ("which papers detect the authors of machine-generated text?", False),
    ],
)
def test_authors_venues_and_dates_stand_beside_an_abstract(question: str, beside: bool) -> None:
    assert untold(question) == beside


def test_a_year_is_seen_where_it_seems_to_narrow() -> None:
    assert year_in("papers from 2025 about agents") == "2025"
    assert year_in("models with a context of 2048 tokens") == ""
