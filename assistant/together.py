"""Work that waits for others, done several at a time: in threads, with the results in the order of the tasks."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def together(
    tasks: Sequence[Callable[[], T]], *, jobs: int, done: Callable[[int], None] = lambda count: None
) -> list[T]:
    """What the tasks give, `jobs` of them at a time; `done` hears after each how many are. The first exception that
    one raises is raised here, and no further task is begun. So it is with KeyboardInterrupt, which waits for none that
    has begun: the threads are daemons, since a reply may be minutes away."""
    if jobs == 1 or len(tasks) < 2:
        return _one_by_one(tasks, done)
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    finished: queue.SimpleQueue[tuple[int, T | None, BaseException | None]] = queue.SimpleQueue()
    stopped = threading.Event()
    for at in range(len(tasks)):
        todo.put(at)

    def work() -> None:
        while not stopped.is_set():
            try:
                at = todo.get_nowait()
            except queue.Empty:
                return
            try:
                finished.put((at, tasks[at](), None))
            except BaseException as error:  # told where it is waited for
                stopped.set()
                finished.put((at, None, error))

    for _ in range(min(jobs, len(tasks))):
        threading.Thread(target=work, daemon=True).start()
    results: dict[int, T] = {}
    try:
        while len(results) < len(tasks):
            at, result, error = finished.get()
            if error is not None:
                raise error
            results[at] = result  # type: ignore[assignment]  # it is None only beside an error
            done(len(results))
    finally:
        stopped.set()
    return [results[at] for at in range(len(tasks))]


def _one_by_one(tasks: Sequence[Callable[[], T]], done: Callable[[int], None]) -> list[T]:
    results: list[T] = []
    for task in tasks:
        results.append(task())
        done(len(results))
    return results
