"""Several tasks at a time: results in order, errors raised, nothing begun after one."""

import threading

import pytest

from assistant.together import together


def test_results_come_in_the_order_of_the_tasks_whichever_ends_first() -> None:
    last = threading.Event()

    def first() -> str:
        assert last.wait(10)
        return "first"

    def second() -> str:
        last.set()
        return "second"

    assert together([first, second], jobs=2) == ["first", "second"]


@pytest.mark.parametrize("jobs", [1, 3, 64])
def test_every_end_is_told(jobs: int) -> None:
    told: list[int] = []
    assert together([lambda n=n: n for n in range(5)], jobs=jobs, done=told.append) == [0, 1, 2, 3, 4]  # type: ignore[misc]
    assert told == [1, 2, 3, 4, 5]


def test_no_more_than_jobs_run_at_once() -> None:
    running, most, lock, gate = 0, 0, threading.Lock(), threading.Barrier(2)

    def task() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(10)  # goes on only where two are here
        with lock:
            running -= 1

    together([task] * 6, jobs=2)
    assert most == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_is_raised_and_the_rest_is_not_begun(jobs: int) -> None:
    begun: list[int] = []
    failed = threading.Event()

    def task(n: int) -> None:
        begun.append(n)
        if n == 0:
            failed.set()
            raise ValueError("no")
        assert failed.wait(10)

    with pytest.raises(ValueError, match="no"):
        together([lambda n=n: task(n) for n in range(100_000)], jobs=jobs)  # type: ignore[misc]
    assert len(begun) < 100_000


def test_nothing_to_do_is_nothing_done() -> None:
    assert together([], jobs=4) == []
