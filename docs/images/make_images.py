"""Draw the pictures of the README, beside this file, from the bundled synthetic cohort.

Run ``python docs/images/make_images.py``.
"""

from pathlib import Path

import alsmodels as als

HERE = Path(__file__).parent


def main() -> None:
    cohort = als.load_example()
    fit = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", knot=24), cohort)
    figure = als.plot_trajectories(fit, outcome=cohort.outcomes["alsfrs_r"])
    figure.savefig(HERE / "trajectories.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
