"""Time REML fits of one model to many simulated trials, all at once and one by one, and judge every answer.

Run: ``python benchmarks/many_times.py [--trials 500] [--rounds 5] [--seconds 20]``; `record.py` runs it with the other
parts. Trials of 64 subjects with 14 visits and gaps, two correlated slopes. All at once: `fit_many` from one table, and
from a ready stack of arrays. One by one: this package and its peers, from ready arrays where they take them, else from
frames; R keeps its own time. A package that would take longer than ``--seconds`` over all trials is given fewer, and
the number is said. Engines take turns in one process; a rate is that of the fastest of the rounds, of the slow that of
one. Every answer is put into a criterion that is written from the textbook (`fit_criterion.py`), and no engine's
criterion may be lower than ours. Last, posteriors by importance (`sample_many`) of a subset.

Times on a shared machine mean little; ratios within a run do. Writes ``benchmarks/results/many_times.json``.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import alsmodels as als
from alsmodels.model.stack import build_stack
from fit_criterion import Answer, restricted_criterion
from fit_data import MODELS, Case, simulate
from fit_peer import LEAST_SQUARES, Peer
from fit_peers import PEERS
from fit_r import RProcess, TimedByR, has_r
from machine import installed_versions, stamp

RESULT = Path(__file__).parent / "results" / "many_times.json"
MODEL = MODELS["phases"]
SUBJECTS = 64
REFERENCE = "mixedlm-rs, one by one"
FEWEST = 10
"""Trials that the slowest package is given."""
SUBSET = 60
"""Trials with a posterior by importance."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What is timed.

    Attributes
    ----------
    trials : over how many trials
    run : gives what the engine gave and the seconds that it took
    read : the answers in what it gave
    is_slow : one round is all it is given
    """

    trials: int
    run: Callable[[], tuple[Any, float]]
    read: Callable[[Any], list[Answer | None]]
    is_slow: bool = False


def make_trials(n_trials: int) -> tuple[pd.DataFrame, list[Case]]:
    """The trials as one table with numbered subjects, and as cases by themselves."""
    frames = [simulate(SUBJECTS, seed=seed) for seed in range(n_trials)]
    table = pd.concat([frame.assign(replicate=number) for number, frame in enumerate(frames)], ignore_index=True)
    table["subject"], table["arm"] = table["subject"].astype(np.int64), table["arm"].astype("category")
    return table, [Case(MODEL, frame) for frame in frames]


def engines(table: pd.DataFrame, cases: list[Case], peers: list[Peer], *, seconds: float) -> dict[str, Engine]:
    """What is timed, by name; what is not installed is left out."""
    asked = als.slope_difference("b", "a", phase=1)
    stack = build_stack(MODEL.formula, table)
    found = {
        "fit_many, from a table": _all_at_once(cases, lambda: als.fit_many(MODEL.formula, table, estimands=asked)),
        "fit_many, from a stack": _all_at_once(cases, lambda: als.fit_many(stack, estimands=asked)),
    }
    for peer in peers:
        if peer.is_here and peer.name != LEAST_SQUARES:
            found[f"{peer.name}, one by one"] = _one_by_one(peer, cases, seconds=seconds)
    return found


def _all_at_once(cases: list[Case], call: Callable[[], Any]) -> Engine:
    def run() -> tuple[Any, float]:
        start = time.perf_counter()
        found = call()
        return found, time.perf_counter() - start

    return Engine(
        len(cases), run, lambda found: [_read_many(found.isel(replicate=number)) for number in range(len(cases))]
    )


def _one_by_one(peer: Peer, cases: list[Case], *, seconds: float) -> Engine:
    """A loop over so many trials as the seconds allow, foreseen from the second and third."""
    way = "arrays" if "arrays" in peer.ways else "frame"
    _loop(peer, cases[:1], way)
    each = _loop(peer, cases[1:3] or cases, way)[1] / max(len(cases[1:3]), 1)
    trials = min(len(cases), max(FEWEST, int(seconds / each)))
    return Engine(
        trials,
        lambda: _loop(peer, cases[:trials], way),
        lambda found: [None if one is None else peer.read(one, case) for one, case in zip(found, cases, strict=False)],
        is_slow=each * trials > seconds / 5,
    )


def _loop(peer: Peer, cases: list[Case], way: str) -> tuple[list[Any], float]:
    """Results and seconds, without what prepares a fit. A fit that fails takes its time and has no result."""
    results, elapsed = [], 0.0
    for case in cases:
        fit = peer.ways[way](case, way)
        start = time.perf_counter()
        try:
            results.append(fit())
        except Exception:  # noqa: BLE001 (whatever a package does)
            results.append(None)
        elapsed += results[-1].seconds if isinstance(results[-1], TimedByR) else time.perf_counter() - start
    return results, elapsed


def _read_many(one: Any) -> Answer:
    correlation = np.eye(len(one.effect))
    correlation[np.tril_indices(len(one.effect), -1)] = one.correlation
    correlation = correlation + np.tril(correlation, -1).T
    sd = one.sd.to_numpy()
    said = one.status.item()
    return Answer(one.beta.to_numpy(), sd[:, None] * correlation * sd, one.sigma.item() ** 2, said)


def criteria(answers: list[Answer | None], cases: list[Case]) -> np.ndarray:
    """The judge's criterion of each answer; NaN where there is none."""
    return np.array(
        [
            np.nan
            if answer is None or not np.isfinite(answer.beta).all()
            else restricted_criterion(answer, y=case.y, X=case.X, Z=case.Z, codes=case.codes)
            for answer, case in zip(answers, cases, strict=False)
        ]
    )


def measure(n_trials: int, rounds: int, *, seconds: float, r: bool) -> dict[str, Any]:
    """Times, ratios and judgements of every engine."""
    table, cases = make_trials(n_trials)
    with ExitStack() as open_sessions:
        session = open_sessions.enter_context(RProcess()) if r else None
        peers = [*PEERS, *(session.peers if session else [])]
        timed = engines(table, cases, peers, seconds=seconds)
        taken: dict[str, list[float]] = {name: [] for name in timed}
        results = {}
        for turn in range(rounds):
            for name, engine in timed.items():
                if turn == 0 or not engine.is_slow:
                    results[name], elapsed = engine.run()
                    taken[name].append(elapsed)
                    print(turn, name, engine.trials, f"{elapsed:.3g} s", flush=True)
    rows = [
        {"engine": name, "trials": engine.trials, "rounds": len(taken[name])}
        | {"ms": 1e3 * min(taken[name]) / engine.trials}
        for name, engine in timed.items()
    ]
    judge(rows, {name: criteria(engine.read(results[name]), cases) for name, engine in timed.items()})
    found = {"trials": n_trials, "rounds": rounds, "seconds": seconds, "reference": REFERENCE, "engines": rows}
    return found | {
        "versions": installed_versions(*(peer.package for peer in PEERS), "numpy", "numba", "pandas")
        | (session.versions if session else {}),
        "posteriors": time_posteriors(table, min(SUBSET, n_trials)),
    }


def judge(rows: list[dict[str, Any]], judged: dict[str, np.ndarray]) -> None:
    """Enter how far the criteria of each engine are from ours, and its rate over the reference's."""
    ours = judged["fit_many, from a table"]
    reference = next((row["ms"] for row in rows if row["engine"] == REFERENCE), None)
    for row in rows:
        above = judged[row["engine"]] - ours[: row["trials"]]
        if np.isfinite(above).any():
            row.update(lowest=float(np.nanmin(above)), highest=float(np.nanmax(above)))
            row.update(beside=int((above > 1e-4).sum()), without=int(np.isnan(above).sum()))
        row.update({} if reference is None else {"times the reference": reference / row["ms"]})


def time_posteriors(table: pd.DataFrame, subset: int) -> dict[str, Any]:
    """Importance posteriors of a subset, with the default number of draws."""
    some = table[table["replicate"] < subset]
    als.sample_many(MODEL.formula, some[some["replicate"] < 2], seed=1)
    start = time.perf_counter()
    found = als.sample_many(MODEL.formula, some, estimands=als.slope_difference("b", "a", phase=1), seed=1)
    seconds = time.perf_counter() - start
    counts = pd.Series(found.status).value_counts().to_dict()
    return {"trials": subset, "draws": found.attrs["draws"], "ms": 1e3 * seconds / subset, "status": counts}


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0, help="a package that takes longer has fewer trials")
    parser.add_argument("--no-r", action="store_true", help="leave lme4, nlme and glmmTMB out")
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    run = stamp()
    found = measure(options.trials, options.rounds, seconds=options.seconds, r=not options.no_r and has_r())
    threads = {name: os.environ.get(name, "default") for name in ("OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")}
    record = {"run": run, "processors": os.cpu_count(), "threads": threads, **found}
    record["load_average_after"] = os.getloadavg()
    options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(pd.DataFrame(record["engines"]).to_string(index=False, float_format="{:.3g}".format))
    print(record["posteriors"])


if __name__ == "__main__":
    main()
