"""The cohort: subjects, visits, events and outcomes, checked once and then trusted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Literal, final

import pandas as pd
import xarray as xr

from alsmodels.data.assembly import Tables, assemble, join
from alsmodels.data.draft import OutcomeLike
from alsmodels.data.findings import Finding
from alsmodels.data.flow import Flow, continue_flow
from alsmodels.data.gridded import from_dataset, to_dataset
from alsmodels.data.missing import MissingLike
from alsmodels.data.outcomes import Outcome
from alsmodels.data.paths import as_path
from alsmodels.data.roles import Roles
from alsmodels.data.storage import load_tables, save_tables
from alsmodels.data.summary import CohortSummary, headline, summarise
from alsmodels.data.verbs import choose, put_together, relabel
from alsmodels.errors import DataError, shown

__all__ = ["Cohort", "concat"]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Cohort:
    """A cohort of subjects followed over time.

    Make one with `Cohort.from_frame`, `Cohort.from_xarray`, `read_cohort`, `read_wide` or `read_adam`; all check.
    The tables it gives are copies that cost nothing until they are written to, so no edit reaches the cohort.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"id": [1, 1], "month": [0, 3], "alsfrs_r": [40, 38], "il6": ["<0.5", "1.2"]})
    >>> cohort = Cohort.from_frame(frame, Roles("id", "month", time_unit="month"))
    >>> cohort.visits.round(2)
      subject   week  alsfrs_r  il6 il6_censored
    0       1   0.00      40.0  0.5         left
    1       1  13.04      38.0  1.2         none
    """

    _tables: Tables

    @staticmethod
    def from_frame(
        frame: object,
        roles: Roles,
        *,
        outcomes: Sequence[OutcomeLike] = (),
        events: object | None = None,
        subjects: object | None = None,
        leave_out: Collection[str] = (),
        missing: MissingLike = (),
        empty: Collection[str] = (),
    ) -> "Cohort":
        """Check a table and make a cohort of it.

        Parameters
        ----------
        frame : DataFrame
            A pandas, polars (collected) or pyarrow table with one row for each visit. It is not changed.
        roles : Roles
            The columns that name subject, time and arm. Every other column stays: with the subjects if it is constant
            within each of them, with the visits if not.
        outcomes : sequence of Outcome or str, default ()
            The outcomes, or names of columns that are outcomes; they stay with the visits. Columns known by name, such
            as alsfrs_r, and columns with censored values, such as ``<0.5``, need not be named. A value beyond a limit
            of quantification is kept at the limit; the column ``<name>_censored`` says which. Where all ALSFRS-R items
            are there, totals and domains are computed or checked.
        events : DataFrame, optional
            A table with subject, event and time: death, tracheostomy, withdrawal, antibody-positive, adverse event;
            other kinds are kept with a warning.
        subjects : DataFrame, optional
            A table with one row a subject, for covariates and arms that the visits do not hold.
        leave_out : collection of str, default ()
            Names of rules (`alsmodels.data.findings.RULES`) whose offending rows are left out and counted.
        missing : collection of str or float, or mapping of str to such a collection, default ()
            Words and numbers that stand for no value, such as ``["ND", -99]``: such cells are emptied and counted, in
            every column but those of subject, time and arm, without regard to case. A mapping gives them by column.
        empty : collection of str, default ()
            Names of rules about values, such as "value-not-numeric", whose offending cells are emptied and counted; the
            rest of the row stays.

        Returns
        -------
        Cohort
            The checked cohort.

        Raises
        ------
        DataError
            If the table breaks a rule; all breaches are reported together, with row numbers from 1.
        """
        if not isinstance(roles, Roles):
            raise DataError(f"roles must be Roles(subject=..., time=..., arm=...), not {shown(roles)}.")
        tables = assemble(
            frame,
            roles,
            outcomes=outcomes,
            events=events,
            subjects=subjects,
            leave_out=leave_out,
            missing=missing,
            empty=empty,
        )
        return Cohort(tables)

    @property
    def roles(self) -> Roles:
        """The columns of the table that the cohort came from."""
        return self._tables.roles

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """The outcomes by name; read-only."""
        return MappingProxyType({outcome.name: outcome for outcome in self._tables.outcomes})

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The warnings of the checks, and notes on how the table was read."""
        return self._tables.findings

    @property
    def subjects(self) -> pd.DataFrame:
        """One row a subject: subject, arm, covariates."""
        return self._tables.subjects.copy(deep=False)

    @property
    def visits(self) -> pd.DataFrame:
        """One row a subject and time: subject, week, outcomes with their marks of censoring, and the rest."""
        return self._tables.visits.copy(deep=False)

    @property
    def events(self) -> pd.DataFrame:
        """One row an event: subject, event, week."""
        return self._tables.events.copy(deep=False)

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms, the reference first; empty for a cohort without arms."""
        subjects = self._tables.subjects
        return tuple(subjects["arm"].cat.categories) if "arm" in subjects.columns else ()

    @property
    def control(self) -> str | None:
        """The reference arm."""
        return self.arms[0] if self.arms else None

    @property
    def n_subjects(self) -> int:
        """The number of subjects."""
        return len(self._tables.subjects)

    @property
    def n_visits(self) -> int:
        """The number of visits."""
        return len(self._tables.visits)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a visit with its subject's columns, sorted by subject and week."""
        return join(self._tables)

    def flow(self, *, of: Literal["visits", "events"] = "visits") -> pd.DataFrame:
        """Return the CONSORT count: step, rows, subjects.

        "read" less every "left out" is "kept". A subject counts at the step that took the last row.
        """
        flow = self._tables.flow if of == "visits" else self._tables.events_flow
        return flow.table()

    def where(
        self,
        condition: object | None = None,
        *,
        arms: str | Collection[str] | None = None,
        subjects: Collection[object] | None = None,
        weeks: tuple[float, float] | None = None,
    ) -> "Cohort":
        """Return the cohort of some of the rows; `flow` counts what each choice leaves out.

        Parameters
        ----------
        condition : str or array of bool, optional
            A comparison of columns, such as ``"age > 60 and onset == 'bulbar'"``, ``"site in ['a', 'b']"`` or ``"not
            missing(nfl)"``, which is parsed and never evaluated; or a mask of the rows of `to_frame`.
        arms : str or collection of str, optional
            The arms to keep; by default all.
        subjects : collection of str, optional
            The subjects to keep; by default all.
        weeks : tuple of (float, float), optional
            The first and the last week to keep; by default all.

        Returns
        -------
        Cohort
            The cohort of the rows that were kept.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"id": ["a", "a", "b", "b"], "week": [0, 4, 0, 4], "alsfrs_r": [40, 38, 41, 40]})
        >>> cohort = Cohort.from_frame(frame, Roles("id", "week"))
        >>> cohort.where("alsfrs_r >= 40", weeks=(0, 4)).flow()["rows"].tolist()
        [4, 0, 1, 3]
        """
        return Cohort(choose(self._tables, condition, arms=arms, subjects=subjects, weeks=weeks))

    def relabel(self, *, control: str | None = None, **labels: Mapping[str, str]) -> "Cohort":
        """Return the cohort with other labels, of arms or of the levels of any column of text; those alike become one.

        Parameters
        ----------
        control : str, optional
            The reference arm; by default the one that it is now.
        **labels : mapping of str to str
            The new labels of each column, by the old ones: ``arm={"Placebo": "placebo"}``.

        Returns
        -------
        Cohort
            The cohort with the new labels.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"id": [1, 2], "week": 0, "group": ["Placebo", "placebo"], "alsfrs_r": 40})
        >>> Cohort.from_frame(frame, Roles("id", "week", "group")).relabel(arm={"Placebo": "placebo"}).arms
        ('placebo',)
        """
        return Cohort(relabel(self._tables, control, labels))

    def summary(self) -> CohortSummary:
        """Return arms, follow-up, outcomes, events and warnings, to print or to show in a notebook."""
        return summarise(self._tables)

    def save(self, folder: str | Path) -> None:
        """Write the cohort to a folder that `read_cohort` reads back without loss."""
        save_tables(self._tables, as_path(folder))

    @staticmethod
    def load(folder: str | Path) -> "Cohort":
        """Read back, and check, what `save` wrote."""
        return Cohort(load_tables(as_path(folder)))

    def to_xarray(self) -> xr.Dataset:
        """Return a dataset with dimensions subject and visit; week is NaN where there is no visit."""
        return to_dataset(self._tables)

    @staticmethod
    def from_xarray(dataset: xr.Dataset) -> "Cohort":
        """Return, checked, the cohort that `to_xarray` made a dataset of."""
        return Cohort(from_dataset(dataset))

    def after(self, flow: Flow, events_flow: Flow, findings: Sequence[Finding] = ()) -> "Cohort":
        """Return the cohort with what a reader counted and found before the table was made.

        Parameters
        ----------
        flow, events_flow : Flow
            The counts of visits and events up to the table that the cohort was made of.
        findings : sequence of Finding, default ()
            The reader's warnings.
        """
        tables = self._tables
        joined = replace(
            tables,
            flow=continue_flow(flow, tables.flow),
            events_flow=continue_flow(events_flow, tables.events_flow),
            findings=(*findings, *tables.findings),
        )
        return Cohort(joined)

    def told(self, findings: Sequence[Finding]) -> "Cohort":
        """Return the cohort with what a reader has to say of how its tables were read."""
        if not findings:
            return self
        return Cohort(replace(self._tables, findings=(*findings, *self._tables.findings)))

    def __eq__(self, other: object) -> bool:
        """Whether another cohort holds the same, value by value, counts and warnings included."""
        if not isinstance(other, Cohort):
            return NotImplemented
        mine, theirs = self._tables, other._tables
        return all(_same(getattr(mine, field.name), getattr(theirs, field.name)) for field in fields(Tables))

    def __hash__(self) -> int:
        return hash((self.roles, self._tables.outcomes, self.n_subjects, self.n_visits))

    def __repr__(self) -> str:
        return "\n  ".join(self._lines())

    def _repr_html_(self) -> str:
        first, *rest = (escape(line) for line in self._lines())
        return f"<div><b>{first}</b><br>{'<br>'.join(rest)}</div>"

    def _lines(self) -> list[str]:
        weeks, events = self._tables.visits["week"], self._tables.events["event"].value_counts()
        lines = [
            headline(self._tables),
            f"weeks {weeks.min():g} to {weeks.max():g}",
            f"outcomes: {', '.join(self.outcomes) or 'none declared'}",
        ]
        if len(events):
            lines.append("events: " + ", ".join(f"{kind} {count}" for kind, count in events.items()))
        for severity in ("warning", "note"):
            rules = dict.fromkeys(finding.rule for finding in self.findings if finding.severity == severity)
            if rules:
                lines.append(f"{severity}s: {', '.join(rules)}; .summary() tells them in full")
        return lines


def concat(cohorts: Sequence[Cohort], *others: Cohort, names: Sequence[str] | None = None) -> Cohort:
    """Put cohorts below each other, such as a trial and a registry.

    Outcomes of one name must agree in unit, bounds and limits. Arms of one name are one arm; the reference is that of
    the cohorts where all name the same, and else is found by its label.

    Parameters
    ----------
    cohorts : sequence of Cohort
        Two or more cohorts, as a list.
    *others : Cohort
        Nothing; cohorts outside of the list are refused, with what to write.
    names : sequence of str, optional
        A name for each cohort: its subjects are then called ``name: subject``, and a column ``source`` says which
        cohort a subject is of. Without names a subject who is in two cohorts is refused.

    Returns
    -------
    Cohort
        The combined cohort, checked like any other.

    Raises
    ------
    DataError
        If a subject is in two cohorts, outcomes or columns do not agree, or only some cohorts have arms.
    """
    listed = list(cohorts) if isinstance(cohorts, Sequence) else []
    if others or len(listed) < 2 or not all(isinstance(cohort, Cohort) for cohort in listed):
        raise DataError("concat takes a list of two cohorts or more, in square brackets: concat([trial, registry]).")
    return Cohort(put_together([cohort._tables for cohort in listed], names))  # noqa: SLF001 - its maker's


def _same(one: object, other: object) -> bool:
    if isinstance(one, pd.DataFrame) and isinstance(other, pd.DataFrame):
        return one.equals(other)
    return bool(one == other)
