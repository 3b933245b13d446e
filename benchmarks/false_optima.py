"""Where packages end off the optimum, and what they say of it: three models of an ALS trial in months, many trials.

Run: ``python benchmarks/false_optima.py [--seeds 20]``; some minutes, nearly all of them statsmodels'. Each simulated
trial (`optima_data.py`) is fitted by this package, by statsmodels as it is and with two of its optimisers, and by
lme4, through R where it is there, else as kept in ``benchmarks/results/false_optima_lme4.json``. Every answer is put
into a criterion written from the textbook (`fit_criterion.py`). An answer is off when it lies more than 0.01 above the
lowest that any of them reached.

Writes ``benchmarks/results/false_optima.json`` and the page ``docs/explanation/false-optima.md``. Where statsmodels
ends hangs on the last digits of its arithmetic; on another machine the counts will differ.
"""

import argparse
import json
import platform
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM

import alsmodels as als
from fit_criterion import Answer, restricted_criterion, variances
from fit_peer import in_our_order
from fit_r import has_r
from optima_data import MODELS, Model, simulate
from optima_page import LME4_RESULT, RESULT, first_table, share_table, write_page

HERE = Path(__file__).parent
OURS = "alsmodels"


def ask_statsmodels(method: str | None) -> Callable[[Model, pd.DataFrame], Answer]:
    """A fit by ``MixedLM`` with its default sequence of optimisers, or with one of them."""
    chosen = {} if method is None else {"method": [method]}

    def fit(model: Model, frame: pd.DataFrame) -> Answer:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asked = MixedLM.from_formula(f"y ~ {model.fixed}", frame, groups="subject", re_formula=f"~ {model.random}")
            found = asked.fit(reml=True, **chosen)
        beta = in_our_order(found.fe_params, asked.exog_names, model.fixed)
        said = "converged" if found.converged else "not converged"
        return Answer(beta, np.asarray(found.cov_re), float(found.scale), said)

    return fit


ENGINES: dict[str, Callable[[Model, pd.DataFrame], Answer]] = {
    "statsmodels": ask_statsmodels(None),
    'statsmodels, method="lbfgs"': ask_statsmodels("lbfgs"),
    'statsmodels, method="powell"': ask_statsmodels("powell"),
}


def ask_lme4(seeds: list[int]) -> dict[str, Any]:
    """lme4's answers by seed and model, from R and then kept; or those kept."""
    if has_r():
        with tempfile.TemporaryDirectory() as folder:
            for seed in seeds:
                simulate(seed).to_csv(Path(folder) / f"seed_{seed}.csv", index=False)
            models = {name: model.formula for name, model in MODELS.items()}
            (Path(folder) / "models.json").write_text(json.dumps(models), encoding="utf-8")
            written = Path(folder) / "answers.json"
            subprocess.run(["Rscript", str(HERE / "optima_lme4.R"), folder, str(written)], check=True)
            shutil.copy(written, LME4_RESULT)
    kept: dict[str, Any] = json.loads(LME4_RESULT.read_text(encoding="utf-8"))
    return kept


def read_lme4(told: dict[str, Any], model: Model) -> Answer:
    """One of lme4's answers."""
    beta = in_our_order(told["beta"], told["names"], model.fixed)
    return Answer(beta, np.array(told["covariance"]), told["sigma2"], told["said"])


def compare(model: Model, frame: pd.DataFrame, lme4: dict[str, Any] | None) -> list[dict[str, Any]]:
    """A row for each package: its criterion, how far off it is, and what it says."""
    design = als.build_design(model.formula, frame)
    fit = als.fit_lmm(design, on_failure="return")
    answers = {OURS: Answer(fit.beta, fit.covariance.to_numpy(), fit.sigma**2, fit.status.kind.value)}
    answers |= {name: ask(model, frame) for name, ask in ENGINES.items()}
    if lme4 is not None:
        answers["lme4"] = read_lme4(lme4, model)
    data: dict[str, Any] = {"y": design.y, "X": design.X, "Z": design.Z, "codes": design.codes}
    values = {name: restricted_criterion(answer, **data) for name, answer in answers.items()}
    best = min(values, key=lambda name: values[name])
    return [
        {"engine": name, "criterion": values[name], "above": values[name] - values[best], "said": answer.said}
        | _errors(answer, answers[best], fit.bse.to_numpy())
        for name, answer in answers.items()
    ]


def _errors(answer: Answer, best: Answer, std_errors: np.ndarray) -> dict[str, float]:
    """Largest error of a fixed effect, in standard errors at our optimum, and of an SD, as a share."""
    sds = np.sqrt(variances(answer) / variances(best))
    return {
        "fixed_off": float((np.abs(answer.beta - best.beta) / std_errors).max()),
        "sd_off": float(np.abs(sds - 1).max()),
    }


def main() -> None:
    """Fit, judge, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="how many simulated trials, by the seeds 1, 2, ...")
    seeds = list(range(1, parser.parse_args().seeds + 1))
    lme4 = ask_lme4(seeds)
    rows = []
    for seed in seeds:
        frame = simulate(seed)
        for name, model in MODELS.items():
            found = compare(model, frame, lme4["answers"].get(str(seed), {}).get(name))
            rows += [{"seed": seed, "model": name} | row for row in found]
            print(seed, name, {row["engine"]: (float(f"{row['above']:.2g}"), row["said"]) for row in found}, flush=True)
    names = (OURS, "statsmodels", "scipy", "numpy")
    record = {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in names} | lme4["versions"],
        "seeds": seeds,
        "models": {name: model.formula for name, model in MODELS.items()},
        "rows": rows,
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(first_table(record), share_table(record), sep="\n\n")
    write_page(record)


if __name__ == "__main__":
    main()
