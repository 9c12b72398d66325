"""Results as terminal text, Markdown, HTML and JSON; references as BibTeX, CSL-JSON and RIS. These modules know nouns
only; each escapes for its own output."""
