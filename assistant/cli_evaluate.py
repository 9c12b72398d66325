"""The command that measures: eval."""

from typing import Annotated

import typer

from assistant.console import Format, running
from assistant.errors import UsageError
from assistant.options import BaseUrl, Debug, Form, K, LibraryName, Model, Rerank, Store, option


def evaluate(
    folder: Annotated[
        str | None, typer.Argument(metavar="FOLDER", help="Folder of judged questions.", show_default=False)
    ] = None,
    k: K = None,
    library: LibraryName = None,
    store: Store = None,
    model: Model = None,
    base_url: BaseUrl = None,
    rerank: Rerank = None,
    search_only: Annotated[bool, typer.Option("--search-only", help="Only search; have nothing answered.")] = False,
    out: Annotated[
        str | None, option("--out", "-o", metavar="FILE", help="Keep the run in this JSON file, and go on from it.")
    ] = None,
    compare: Annotated[
        tuple[str, str] | None, option("--compare", metavar="FILE FILE", help="Compare two kept runs instead.")
    ] = None,
    form: Form = Format.text,
    debug: Debug = False,
) -> None:
    """Measure search and answers on judged questions.

    FOLDER holds any of queries.jsonl with qrels.tsv, facts.jsonl and unanswerable.jsonl: docs/evaluate.md. With -o an
    interrupted run goes on where it stopped, and two runs can be compared, question by question.

    Exit status: 4 the model's endpoint failed on a question, which counts as not answered.
    """
    with running(debug, library=library, store=store, k=k, model=model, base_url=base_url, rerank=rerank) as run:
        from assistant import evaluate as evaluation
        from assistant.render import jsonform, markdown, tables, terminal

        if (folder is None) == (compare is None):
            raise UsageError("eval needs a folder or --compare, and not both", hint="See assistant eval --help.")
        if compare:
            compared = evaluation.compare(*compare)
            report = tables.comparison(compared)
            json, failed = (lambda: jsonform.comparison(compared)), False
        else:
            result = evaluation.evaluate(run.assistant, str(folder), out=out, ask=not search_only, progress=run.bar)
            report = tables.evaluation(result)
            json, failed = (lambda: jsonform.evaluation(result)), bool(result.failed)
            run.bar.close()
            for notice in result.notices:
                run.note(notice)
            for one in result.failed[:1]:
                run.report(f"the model did not answer {one.key}: {one.failure}", "It counts as not answered.")
        run.show(form, text=lambda out: terminal.tables(report, out), md=lambda: markdown.tables(report), json=json)
        raise typer.Exit(4 if failed else 0)


def register(app: typer.Typer) -> None:
    """Put this command beside the others."""
    app.command("eval")(evaluate)
