"""What must hold of the counts of every cohort."""


def assert_adds_up(cohort):
    """What was read is what was left out and what was kept, for visits and for events."""
    for of in ("visits", "events"):
        flow = cohort.flow(of=of)
        assert (flow.iloc[0, 1:] == flow.iloc[1:, 1:].sum()).all()
    assert tuple(cohort.flow().iloc[-1]) == ("kept", cohort.n_visits, cohort.n_subjects)
    assert cohort.flow(of="events").iloc[-1]["rows"] == len(cohort.events)
