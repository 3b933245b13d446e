"""Simulate a marker below its limit of quantification, estimate slopes in four ways, and draw how far off each is.

Run ``python docs/images/make_censoring.py [--replicates 200]``; with ``--redraw`` the figure alone, from the numbers
kept. Writes ``censoring.json`` and ``censoring.png`` beside this file.

Assumptions, all of them: an IL-6-like marker, log-normal with a median of 3 pg/mL at baseline; SD of log baselines 0.6,
of log slopes 0.012 a week, correlation 0.3, residual SD 0.3; log slopes of 0.005 a week in controls and -0.005 under
anakinra; 30 subjects an arm, 7 visits 8 weeks apart; 2.44 pg/mL as the limit, below which 40% of values lie. The first
constants are those of ``tests/reference/bayes.R``.
"""

import argparse
import json
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # replicates take the processors

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

import alsmodels as als  # noqa: E402
from alsmodels.model.timescale import WEEKS_PER_MONTH  # noqa: E402
from alsmodels.report.canvas import COLOURS, GREY, INK, new_figure, tidy_axes  # noqa: E402

HERE = Path(__file__).parent
SPEC = als.ModelSpec("log(il6) ~ arm * week + (week | subject)")
ARMS = ("control", "anakinra")
WEEKS, N_SUBJECTS, LLOQ = np.arange(0.0, 49.0, 8.0), 60, 2.44
SLOPES = {"control": 0.005, "anakinra": -0.005}
SD, CORRELATION, RESIDUAL = (0.6, 0.012), 0.3, 0.3
ASKED = {
    "slope": als.slope(arm="anakinra"),
    "difference": als.slope_difference("anakinra", "control"),
}
TRUTH = {
    "slope": SLOPES["anakinra"] * WEEKS_PER_MONTH,
    "difference": (SLOPES["anakinra"] - SLOPES["control"]) * WEEKS_PER_MONTH,
    "residual SD": RESIDUAL,
}
TITLES = {"slope": "Slope under anakinra", "difference": "Slope, anakinra − control"}
METHODS = {
    "oracle": "All true values (REML)",
    "limit": "Limit in their place (REML)",
    "half": "Half the limit (REML)",
    "censored": "Censored likelihood (Bayes)",
}
PRIORS = als.Priors(
    fixed={
        "(Intercept)": als.Normal(1.0, 1.0),
        "arm[T.anakinra]": als.Normal(0.0, 0.5),
        "week": als.Normal(0.0, 0.05),
        "arm[T.anakinra]:week": als.Normal(0.0, 0.05),
    },
    sds={"(Intercept)": als.HalfT(3, 1.0), "week": als.HalfT(3, 0.02)},
    residual=als.HalfT(3, 0.5),
    correlation=als.LKJ(2),
)
N_DRAWS, SEED = 2400, 20240611


def simulate(rng: np.random.Generator) -> pd.DataFrame:
    """True values, whatever the assay could have measured."""
    subject, week = np.repeat(np.arange(N_SUBJECTS), len(WEEKS)), np.tile(WEEKS, N_SUBJECTS)
    covariance = np.outer(SD, SD) * np.array([[1.0, CORRELATION], [CORRELATION, 1.0]])
    b = rng.multivariate_normal(np.zeros(2), covariance, N_SUBJECTS)[subject]
    arm = np.array(ARMS)[subject % 2]
    slopes = np.array([SLOPES[name] for name in arm])
    log_value = np.log(3.0) + b[:, 0] + (slopes + b[:, 1]) * week + rng.normal(0, RESIDUAL, len(week))
    arms = pd.Categorical(arm, categories=ARMS)
    return pd.DataFrame({"subject": subject.astype(str), "week": week, "arm": arms, "il6": np.exp(log_value)})


def fit_all(frame: pd.DataFrame, seed: int) -> dict[str, Any]:
    """The model fitted in each way."""
    below = frame["il6"] < LLOQ
    marked = frame.assign(il6=frame["il6"].clip(lower=LLOQ), il6_censored=np.where(below, "left", "none"))
    post = als.sample_lmm(
        SPEC,
        marked,
        priors=PRIORS,
        response=als.ResponseModel(censored=True),
        draws=N_DRAWS,
        seed=seed,
        nuts=als.NutsOptions(chains=2),
        on_failure="return",
    )
    tables = {
        "oracle": frame,
        "limit": frame.assign(il6=frame["il6"].clip(lower=LLOQ)),
        "half": frame.assign(il6=frame["il6"].mask(below, LLOQ / 2)),
    }
    fits = {name: als.fit_lmm(SPEC, table, on_failure="return") for name, table in tables.items()}
    return {**fits, "censored": post}


def replicate(number: int) -> list[dict[str, Any]]:
    """One data set: a row for each method and quantity."""
    rng = np.random.default_rng([SEED, number])
    frame = simulate(rng)
    rows = []
    for method, fit in fit_all(frame, seed=number).items():
        common = {"number": number, "method": method, "status": fit.status.kind.value}
        found = als.estimate(fit, list(ASKED.values()))
        for quantity, row in zip(ASKED, found.itertuples(), strict=True):
            limits = {"estimate": row.estimate, "lower": row.lower, "upper": row.upper}
            rows.append({**common, "quantity": quantity, **limits})
        rows.append({**common, "quantity": "residual SD", "estimate": fit.sigma, "lower": np.nan, "upper": np.nan})
    rows.append({"number": number, "method": "data", "quantity": "share", "estimate": (frame["il6"] < LLOQ).mean()})
    return rows


def assess(rows: pd.DataFrame, method: str, quantity: str) -> dict[str, Any]:
    """Bias and coverage of a method, and how far it is from the oracle on the same data, with Monte Carlo errors."""
    own = rows[(rows["method"] == method) & (rows["quantity"] == quantity)].set_index("number")
    oracle = rows[(rows["method"] == "oracle") & (rows["quantity"] == quantity)].set_index("number")
    truth, n = TRUTH[quantity], len(own)
    apart = own["estimate"] - oracle["estimate"]
    said = {
        "truth": truth,
        "bias": own["estimate"].mean() - truth,
        "bias_mc_error": own["estimate"].std() / np.sqrt(n),
        "bias_less_oracle": apart.mean(),
        "bias_less_oracle_mc_error": apart.std() / np.sqrt(n),
        "root_mean_square_error": np.sqrt(((own["estimate"] - truth) ** 2).mean()),
    }
    if own["lower"].notna().all():
        covered = ((own["lower"] <= truth) & (truth <= own["upper"])).mean()
        width = (own["upper"] - own["lower"]).mean()
        said |= {"coverage": covered, "coverage_mc_error": np.sqrt(covered * (1 - covered) / n), "mean_width": width}
    return {name: round(float(value), 6) for name, value in said.items()}


def run(replicates: int, workers: int) -> dict[str, Any]:
    """All replicates; the answer does not depend on how many work at a time."""
    start = time.perf_counter()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        rows = pd.DataFrame([row for found in pool.map(replicate, range(replicates)) for row in found])
    statuses = rows[rows["quantity"] == "slope"].groupby("method")["status"].value_counts()
    return {
        "formula": SPEC.formula,
        "replicates": replicates,
        "subjects": N_SUBJECTS,
        "visits": len(WEEKS),
        "draws": N_DRAWS,
        "limit": LLOQ,
        "share_below": round(float(rows.loc[rows["method"] == "data", "estimate"].mean()), 4),
        "slopes_are": "of log IL-6 per month",
        "priors": PRIORS.to_dict(),
        "results": {name: {quantity: assess(rows, name, quantity) for quantity in TRUTH} for name in METHODS},
        "statuses": {method: statuses[method].to_dict() for method in METHODS},
        "seed": SEED,
        "seconds": round(time.perf_counter() - start, 1),
        "alsmodels": als.__version__,
        "python": platform.python_version(),
    }


def draw_panel(ax: Axes, record: dict[str, Any], quantity: str) -> None:
    """Bias of each method with its 95% Monte Carlo interval, and coverage in words."""
    tidy_axes(ax, left=False)
    ax.axvline(0.0, color=GREY, linewidth=0.9, zorder=1)
    beside = {"transform": ax.get_yaxis_transform(), "ha": "right", "va": "center"}
    for place, method in enumerate(METHODS):
        found = record["results"][method][quantity]
        colour = {"oracle": INK, "censored": COLOURS[0]}.get(method, COLOURS[1])
        half = 1.96 * found["bias_mc_error"]
        ax.errorbar(found["bias"], place, xerr=half, fmt="o", color=colour, markersize=5.5, elinewidth=1.5)
        ax.text(1.17, place, f"{100 * found['coverage']:.1f}%", fontsize=9.5, color=colour, **beside)
    ax.text(1.17, -0.85, "coverage", fontsize=9, color=INK, **beside)
    truth = f"{record['results']['oracle'][quantity]['truth']:.3f}".replace("-", "−")
    ax.set_title(f"{TITLES[quantity]}; truth {truth}", loc="left", fontsize=10, color=INK, pad=10)
    ax.set_yticks(range(len(METHODS)), list(METHODS.values()), fontsize=9.5)
    ax.set_xlabel("Bias (log IL-6 per month)", fontsize=9.5, color=INK)


def draw(record: dict[str, Any]) -> None:
    """The figure."""
    figure = new_figure(9.6, 3.0)
    figure.get_layout_engine().set(wspace=0.06)
    panels = figure.subplots(1, len(ASKED), sharey=True, sharex=True)
    for ax, quantity in zip(panels, ASKED, strict=True):
        draw_panel(ax, record, quantity)
    panels[0].set_ylim(len(METHODS) - 0.6, -0.6)
    panels[0].set_xlim(-0.004, 0.024)
    panels[0].set_xticks([0, 0.01, 0.02], ["0", "0.01", "0.02"])
    words = f"{record['replicates']} simulated trials, {100 * record['share_below']:.0f}% of values below the limit"
    title = f"{words}: bias with 95% Monte Carlo intervals, and coverage of 95% intervals"
    figure.suptitle(title, fontsize=10.5, color=INK, x=0.01, ha="left")
    figure.savefig(HERE / "censoring.png", dpi=150, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--redraw", action="store_true")
    options = parser.parse_args()
    kept = HERE / "censoring.json"
    if not options.redraw:
        kept.write_text(json.dumps(run(options.replicates, options.workers), indent=1) + "\n", encoding="utf-8")
    draw(json.loads(kept.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
