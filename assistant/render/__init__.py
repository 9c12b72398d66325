"""Results as terminal text, Markdown and JSON. These modules know nouns only; each escapes for its own output."""
