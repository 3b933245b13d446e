"""One engine in a process of its own, for posterior_times.py: imports, compiles and samples against the clock.

Run by posterior_times.py as ``python posterior_peers.py ENGINE FOLDER``, with the data and ``priors.json`` there;
writes ``draws.npy``, shape (chains, draws, parameters), and ``times.json`` beside them. The clock starts with a
ready design.
"""
# ruff: noqa: PLC0415 - imports are timed, and no engine loads another's

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_START = time.perf_counter()

FORMULA = "y ~ arm * phase(week, 24) + (phase(week, 24) | subject)"


class Clock:
    """Wall and processor time, threads included, since it was made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        """Seconds."""
        return {"fit_s": time.perf_counter() - self.wall, "cpu_s": time.process_time() - self.cpu}


def count_compiling(nutpie: Any) -> dict[str, float]:
    """Seconds that nutpie's ``compile_pymc_model`` takes from now on, whoever calls it, as ``compile_s``."""
    taken = {"compile_s": 0.0}
    compile_model = nutpie.compile_pymc_model

    def clocked(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return compile_model(*args, **kwargs)
        finally:
            taken["compile_s"] += time.perf_counter() - start

    nutpie.compile_pymc_model = clocked
    return taken


def run_ours(folder: Path, asked: dict[str, Any], *, method: str, sampler: str) -> tuple[Any, dict[str, Any]]:
    """By `sample_lmm`; of ``import_s``, ``import_lazily_s`` is what the package loads when it samples."""
    import numpy as np
    import pandas as pd

    import alsmodels as als

    sample, build, options = als.sample_lmm, als.build_design, als.NutsOptions  # the package loads what is asked of it
    imported = time.perf_counter() - _START
    start = time.perf_counter()
    import arviz_stats.base.array  # noqa: F401

    if sampler != "kernel":
        import pymc  # noqa: F401
    if method == "nuts":
        import nutpie.compiled_pyfunc  # noqa: F401
    lazily = time.perf_counter() - start
    design = build(FORMULA, pd.read_csv(folder / "frame.csv", dtype={"subject": str}))
    nuts = options(sampler=sampler, chains=asked["chains"])
    clock = Clock()
    post = sample(
        design,
        method=method,
        draws=asked["draws"] * asked["chains"],
        seed=asked["seed"],
        nuts=nuts,
        on_failure="return",
    )
    times = clock.read()
    names = ("beta", "sd", "correlation", "sigma")
    parts = [post.posterior[name].to_numpy().reshape(asked["chains"], asked["draws"], -1) for name in names]
    said = {"import_s": imported + lazily, "import_lazily_s": lazily, "status": str(post.status)}
    return np.concatenate(parts, axis=2), {**times, **said, "effective": post.effective}


def run_pymc(folder: Path, asked: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The model as one writes it by hand, sampled by nutpie through ``pm.sample``."""
    import numpy as np
    import nutpie
    import pymc as pm

    imported = time.perf_counter() - _START
    compiling = count_compiling(nutpie)
    data = np.load(folder / "arrays.npz")
    X, Z, y, codes = (data[name] for name in ("X", "Z", "y", "codes"))
    clock = Clock()
    with pm.Model():
        beta = pm.Normal("beta", asked["mean"], asked["sd"], shape=len(asked["mean"]))
        scale = np.array(asked["scale"])
        # PyMC 5.28 cannot start from an sd_dist with a scale for each: its draw writes into a constant.
        sd_dist = pm.HalfStudentT.dist(nu=3, sigma=1.0)
        unit, correlation, sd = pm.LKJCholeskyCov("unit", n=len(scale), eta=2, sd_dist=sd_dist, compute_corr=True)
        factor = scale[:, None] * unit
        z = pm.Normal("z", 0, 1, shape=(codes.max() + 1, len(scale)))
        b = pm.Deterministic("b", z @ factor.T)
        sigma = pm.HalfStudentT("sigma", nu=3, sigma=asked["residual"])
        pm.Deterministic("sds", scale * sd)
        pm.Deterministic("correlation", correlation[[1, 2, 2], [0, 0, 1]])
        pm.Normal("y", X @ beta + (Z * b[codes]).sum(axis=1), sigma, observed=y)
        found = pm.sample(
            draws=asked["draws"],
            tune=1000,
            chains=asked["chains"],
            cores=asked["cores"],
            random_seed=asked["seed"],
            nuts_sampler="nutpie",
            progressbar=False,
            compute_convergence_checks=False,
        )
    times = clock.read()
    parts = [found["posterior"][name].to_numpy() for name in ("beta", "sds", "correlation", "sigma")]
    drawn = np.concatenate([part.reshape(*part.shape[:2], -1) for part in parts], axis=2)
    return drawn, {**times, **compiling, "import_s": imported}


def run_bambi(folder: Path, asked: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Its own priors; it has no correlated group effects."""
    import bambi
    import numpy as np
    import nutpie
    import pandas as pd

    imported = time.perf_counter() - _START
    compiling = count_compiling(nutpie)
    frame = pd.read_csv(folder / "frame.csv", dtype={"subject": str})
    clock = Clock()
    model = bambi.Model("y ~ arm * (p1 + p2) + (p1 + p2 | subject)", frame)
    found = model.fit(
        draws=asked["draws"],
        tune=1000,
        chains=asked["chains"],
        cores=asked["cores"],
        random_seed=asked["seed"],
        inference_method="nutpie",
        progressbar=False,
    )
    times = clock.read()
    posterior = found["posterior"]
    effects = [f"{name}|subject_sigma" for name in ("1", "p1", "p2")]
    names = ["Intercept", "arm", "p1", "p2", "arm:p1", "arm:p2", *effects, "sigma"]
    parts = [posterior[name].to_numpy().reshape(asked["chains"], asked["draws"], -1) for name in names]
    return np.concatenate(parts, axis=2), {**times, **compiling, "import_s": imported, "bambi": bambi.__version__}


ENGINES: dict[str, Callable[[Path, dict[str, Any]], tuple[Any, dict[str, Any]]]] = {
    "alsmodels, importance": lambda folder, asked: run_ours(folder, asked, method="importance", sampler="kernel"),
    "alsmodels, nuts": lambda folder, asked: run_ours(folder, asked, method="nuts", sampler="kernel"),
    "alsmodels, graph by nutpie": lambda folder, asked: run_ours(folder, asked, method="nuts", sampler="nutpie"),
    "alsmodels, graph by PyMC": lambda folder, asked: run_ours(folder, asked, method="nuts", sampler="pymc"),
    "PyMC non-centred, nutpie": run_pymc,
    "bambi, nutpie": run_bambi,
}


def main() -> None:
    """Run one engine."""
    engine, folder = sys.argv[1], Path(sys.argv[2])
    drawn, times = ENGINES[engine](folder, json.loads((folder / "priors.json").read_text(encoding="utf-8")))
    import numpy as np

    np.save(folder / "draws.npy", drawn)
    (folder / "times.json").write_text(json.dumps(times), encoding="utf-8")


if __name__ == "__main__":
    main()
