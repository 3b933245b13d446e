"""Time REML fits of one model to many simulated trials, all at once and one by one, and judge every answer.

Run: ``python benchmarks/many_times.py [--trials 2000] [--subset 100] [--rounds 5]``. Trials of 64 subjects with 14
visits and gaps, two correlated slopes. All at once: `fit_many` from one table, and from a ready stack of arrays. One by
one, from ready arrays: this package, and mixedlm-rs where it is installed; statsmodels and, through R, lme4 on a subset
of the trials. Engines take turns in one process; a rate is that of the fastest of the rounds. Every answer is put into
a criterion that is written from the textbook (`fit_criterion.py`), and no engine's criterion may be lower than ours.
Last, posteriors by importance (`sample_many`) of a subset.

Times on a shared machine mean little; ratios within a run do. Writes ``benchmarks/results/many_times.json``.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import alsmodels as als
from alsmodels.model.stack import build_stack
from fit_criterion import Answer, restricted_criterion
from fit_data import MODELS, Case, simulate
from fit_peers import PEERS, Peer
from fit_r import RProcess, has_r

RESULT = Path(__file__).parent / "results" / "many_times.json"
MODEL = MODELS["phases"]
SUBJECTS = 64
REFERENCE = "mixedlm-rs, one by one"


def make_trials(n_trials: int) -> tuple[pd.DataFrame, list[Case]]:
    """The trials as one table with numbered subjects, and as cases by themselves."""
    frames = [simulate(SUBJECTS, seed=seed) for seed in range(n_trials)]
    table = pd.concat([frame.assign(replicate=number) for number, frame in enumerate(frames)], ignore_index=True)
    table["subject"], table["arm"] = table["subject"].astype(np.int64), table["arm"].astype("category")
    return table, [Case(MODEL, frame) for frame in frames]


def engines(table: pd.DataFrame, cases: list[Case], subset: int) -> dict[str, tuple[int, Callable[[], Any]]]:
    """What is timed: over how many trials, and the call; what is not installed is left out."""
    asked = als.slope_difference("b", "a", phase=1)
    stack = build_stack(MODEL.formula, table)
    found: dict[str, tuple[int, Callable[[], Any]]] = {
        "fit_many, from a table": (len(cases), lambda: als.fit_many(MODEL.formula, table, estimands=asked)),
        "fit_many, from a stack": (len(cases), lambda: als.fit_many(stack, estimands=asked)),
    }
    for name, most in (("alsmodels", len(cases)), ("mixedlm-rs", len(cases)), ("statsmodels", subset)):
        peer = next(peer for peer in PEERS if peer.name == name)
        if peer.is_here:
            found[f"{name}, one by one"] = (most, _one_by_one(peer, cases[:most]))
    return found


def _one_by_one(peer: Peer, cases: list[Case]) -> Callable[[], list[Any]]:
    """A loop over ready arrays."""
    fits = [peer.ways["arrays"](case, "arrays") for case in cases]
    return lambda: [fit() for fit in fits]


def read(name: str, results: Any, cases: list[Case]) -> list[Answer | None]:
    """The answers in what an engine gave."""
    if name.startswith("fit_many"):
        return [_read_many(results.isel(replicate=number)) for number in range(len(cases))]
    peer = next(peer for peer in PEERS if name.startswith(f"{peer.name},"))
    return [peer.read(result, case) for result, case in zip(results, cases, strict=True)]


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


def measure(n_trials: int, subset: int, rounds: int) -> dict[str, Any]:
    """Times, ratios and judgements of every engine."""
    table, cases = make_trials(n_trials)
    timed = engines(table, cases, subset)
    seconds: dict[str, list[float]] = {name: [] for name in timed}
    answers = {name: read(name, call(), cases[:size]) for name, (size, call) in timed.items()}  # warms up too
    for _ in range(rounds):
        for name, (_, call) in timed.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    rows = [
        {"engine": name, "trials": size, "ms": 1e3 * min(seconds[name]) / size} for name, (size, _) in timed.items()
    ]
    if has_r():
        row, answers["lme4, one by one"] = time_lme4(cases[:subset])
        rows.append(row)
    judged = {name: criteria(given, cases) for name, given in answers.items()}
    ours = judged["fit_many, from a table"]
    reference = next((row["ms"] for row in rows if row["engine"] == REFERENCE), None)
    for row in rows:
        above = judged[row["engine"]] - ours[: row["trials"]]
        row.update(lowest=float(np.nanmin(above)), highest=float(np.nanmax(above)))
        row.update(beside=int((above > 1e-4).sum()), without=int(np.isnan(above).sum()))
        row.update({} if reference is None else {"times the reference": reference / row["ms"]})
    return {"trials": n_trials, "rounds": rounds, "engines": rows, "posteriors": time_posteriors(table, subset)}


def time_lme4(cases: list[Case]) -> tuple[dict[str, Any], list[Answer | None]]:
    """lme4 from its parsed formula on, without the derivatives at the end, timed inside R."""
    name, seconds, answers = "lme4, calc.derivs = FALSE", [], []
    with RProcess() as session:
        peer = next(peer for peer in session.peers if peer.name == name)
        for case in cases:
            fit = peer.ways["arrays"](case, "arrays")
            fit()
            result = fit()
            seconds.append(result.seconds)
            answers.append(peer.read(result, case))
    row = {"engine": "lme4, one by one", "trials": len(cases), "ms": 1e3 * float(np.mean(seconds))}
    return row, answers


def time_posteriors(table: pd.DataFrame, subset: int) -> dict[str, Any]:
    """Importance posteriors of a subset, with the default number of draws."""
    some = table[table["replicate"] < subset]
    als.sample_many(MODEL.formula, some[some["replicate"] < 2], seed=1)
    start = time.perf_counter()
    found = als.sample_many(MODEL.formula, some, estimands=als.slope_difference("b", "a", phase=1), seed=1)
    seconds = time.perf_counter() - start
    counts = pd.Series(found.status).value_counts().to_dict()
    return {"trials": subset, "draws": found.attrs["draws"], "ms": 1e3 * seconds / subset, "status": counts}


def installed_versions() -> dict[str, str]:
    """Versions of Python and of what was timed."""
    found = {"python": platform.python_version()}
    for name in ("alsmodels", "mixedlm-rs", "statsmodels", "numpy", "numba", "pandas"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--subset", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    load = os.getloadavg()
    found = measure(options.trials, min(options.subset, options.trials), options.rounds)
    threads = {name: os.environ.get(name, "default") for name in ("OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")}
    record = {"versions": installed_versions(), "processors": os.cpu_count(), "threads": threads, **found}
    record["load_average_before_after"] = [load, os.getloadavg()]
    options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(pd.DataFrame(record["engines"]).to_string(index=False, float_format="{:.3g}".format))
    print(record["posteriors"])


if __name__ == "__main__":
    main()
