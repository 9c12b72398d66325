"""Judged questions put to an assistant: retrieval, facts, abstention, citations and cost, with how sure they are."""

from assistant.evaluate.comparing import compare
from assistant.evaluate.metrics import interval, ndcg, paired, recall
from assistant.evaluate.running import evaluate

__all__ = ["compare", "evaluate", "interval", "ndcg", "paired", "recall"]
