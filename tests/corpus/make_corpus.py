"""Writes the files of the corpus that no editor writes: odd encodings, Parquet, workbooks, transport files, cohorts.

    python tests/corpus/make_corpus.py          # from the root; the files are committed, so this is seldom needed

All patients are made up. The other files of the corpus are text, and are edited as they are.
"""

import io
import json
import tempfile
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat

import alsmodels as als

HERE = Path(__file__).parent
TEXT = "id,week,arm,alsfrs_r\na,0,control,40\na,4,control,39\nb,0,drug,41\nb,4,drug,40\n"
SITES = "id,week,arm,alsfrs_r,site\na,0,control,40,x\na,4,control,39,x\nb,0,drug,41,y\nb,4,drug,40,y\n"
VISITS = pd.DataFrame(
    {
        "id": ["a", "a", "b", "b"],
        "week": [0, 4, 0, 4],
        "arm": ["control"] * 2 + ["drug"] * 2,
        "alsfrs_r": [40, 39, 41, 40],
    }
)
MARK = b"\xef\xbb\xbf"
FIRST, LATER = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2020-01-29")


def text_files() -> dict[str, bytes]:
    """The trial in encodings that are refused, and in some that are read."""
    site = TEXT.replace("b,0,drug", "b,0,Plac\u00e9bo")
    dash = TEXT.replace("control", "Placebo \u2013 oral")
    kanji = TEXT.replace("control", "\u5bfe\u7167")
    plain = TEXT.encode()
    sites = SITES.replace("x\n", "Köln\n").replace("y\n", "Orléans\n")
    moscow = SITES.replace("x\n", "Москва\n").replace("y\n", "Казань\n")
    cologne = SITES.replace("x\n", "Köln\n").replace("y\n", "Köln\n")
    micro = (
        "id;week;arm;alsfrs_r;crp [µg/mL]\na;0;control;40;1,5\na;4;control;39;2,5\nb;0;drug;41;3,5\nb;4;drug;40;4,5\n"
    )
    return {
        "latin1-sites.csv": sites.encode("latin-1"),
        "latin1-micro.csv": micro.encode("cp1252"),
        "cp1251.csv": moscow.encode("cp1251"),
        "mac-roman.csv": cologne.encode("mac-roman"),
        "utf8-and-latin1.csv": cologne[: cologne.index("b,0")].encode()
        + cologne[cologne.index("b,0") :].encode("latin-1"),
        "utf16-le-marked.csv": b"\xff\xfe" + TEXT.encode("utf-16-le"),
        "utf16-be-marked.csv": b"\xfe\xff" + TEXT.encode("utf-16-be"),
        "utf16-le.csv": TEXT.encode("utf-16-le"),
        "utf16-be.csv": TEXT.encode("utf-16-be"),
        "utf32-marked.csv": b"\xff\xfe\x00\x00" + TEXT.encode("utf-32-le"),
        "latin1.csv": site.replace("b,4,drug", "b,4,Plac\u00e9bo")
        .replace("a,4,control", "a,4,contr\u00f4le")
        .encode("latin-1"),
        "cp1252.csv": dash.encode("cp1252"),
        "shift-jis.csv": kanji.encode("shift-jis"),
        "cut-character.csv": TEXT.replace("b,4,drug,40\n", "b,4,\u00e9").encode()[:-1],
        "zero-byte.csv": plain.replace(b"a,4", b"a\x00,4"),
        "mark.csv": MARK + plain,
        "mark-twice.csv": MARK + MARK + plain,
        "mark-inside.csv": plain.replace(b"b,0", MARK + b"b,0"),
        "carriage-returns.csv": plain.replace(b"\n", b"\r"),
        "windows-lines.csv": plain.replace(b"\n", b"\r\n") + b"\r\n\x20\r\n",
        "random-bytes.csv": bytes((37 * place * place + 11) % 256 for place in range(1, 300)),
        "zip-called-csv.csv": _zipped({"trial.csv": plain}),
    }


def parquet_files() -> dict[str, bytes]:
    """Tables that cannot be read, and tables with columns that are none of a trial's."""
    good = _parquet(VISITS)
    table = pa.Table.from_pandas(VISITS, preserve_index=False).replace_schema_metadata(None)
    described = {"columns": [], "index_columns": ["nowhere"], "column_indexes": []}
    return {
        "good.parquet": good,
        "nothing.parquet": b"",
        "cut-in-half.parquet": good[: len(good) // 2],
        "cut-by-one-byte.parquet": good[:-1],
        "footer-overwritten.parquet": good[:-40] + b"\x7f" * 32 + good[-8:],
        "wrong-magic.parquet": good[:-4] + b"PAR9",
        "encrypted-magic.parquet": good[:-4] + b"PARE",
        "csv-called-parquet.parquet": TEXT.encode(),
        "pages-damaged.parquet": _damaged_pages(),
        "column-twice.parquet": _written(table.append_column("week", pa.array([1, 2, 3, 4]))),
        "column-without-name.parquet": _written(table.append_column(" ", pa.array([1, 2, 3, 4]))),
        "column-of-lists.parquet": _with(table, "alsfrs_r", pa.array([[40], [39], [41], [40]])),
        "column-of-structs.parquet": _with(table, "alsfrs_r", pa.array([{"total": 40}] * 4)),
        "column-of-bytes.parquet": _with(table, "id", pa.array([b"a", b"a", b"b", b"b"])),
        "text-not-utf8.parquet": _written(_with_latin1(table)),
        "text-for-numbers.parquet": _with(table, "alsfrs_r", pa.array(["40", "39", "ill", "40"])),
        "infinite.parquet": _with(table, "alsfrs_r", pa.array([40, float("inf"), 41, float("nan")])),
        "all-null.parquet": _with(table, "alsfrs_r", pa.nulls(4)),
        "dates-for-times.parquet": _with(table, "week", pa.array([date(2020, 1, 1), date(2020, 1, 29)] * 2)),
        "timestamps-for-times.parquet": _with(table, "week", pa.array([FIRST, LATER] * 2)),
        "clock-for-times.parquet": _with(table, "week", pa.array([time(0), time(4)] * 2)),
        "date-beyond-calendars.parquet": _with(table, "seen", pa.array([10**15] * 4, pa.timestamp("s"))),
        "id-missing.parquet": _with(table, "id", pa.array(["a", None, "b", "b"])),
        "no-rows.parquet": _written(table.slice(0, 0)),
        "no-columns.parquet": _written(pa.table({})),
        "pandas-index-nowhere.parquet": _written(table.replace_schema_metadata({"pandas": json.dumps(described)})),
        "pandas-words-no-json.parquet": _written(table.replace_schema_metadata({"pandas": "{"})),
        "pandas-words-no-utf8.parquet": _written(table.replace_schema_metadata({b"pandas": b"\xff"})),
    }


def adam_files() -> dict[str, bytes]:
    """A small study as transport files, and what differs in studies that are refused; one folder each."""
    adsl = pd.DataFrame({"USUBJID": ["1", "2"], "TRT01P": ["Placebo", "Drug"], "AGE": [60.0, 50.0]})
    adqs = pd.DataFrame({"USUBJID": ["1", "1", "2", "2"], "PARAMCD": ["ALSFRSR"] * 4, "ADY": [1.0, 29.0] * 2})
    adqs = adqs.assign(AVAL=[40.0, 39, 41, 38], AVISITN=[0.0, 4.0] * 2)
    adtte = pd.DataFrame({"USUBJID": ["1"], "PARAMCD": ["DEATH"], "AVAL": [99.0], "CNSR": [0.0], "ADY": [99.0]})
    good = _transport(adqs)
    xpt = {
        "good/adsl": adsl,
        "good/adqs": adqs,
        "good/adtte": adtte,
        "subject-without-id/adsl": adsl.assign(USUBJID=["1", ""]),
        "subject-repeated/adsl": pd.concat([adsl, adsl.iloc[:1]]),
        "subject-not-in-adsl/adsl": adsl.iloc[:1],
        "subject-without-record/adsl": pd.concat([adsl, adsl.iloc[:1].assign(USUBJID="3")]),
        "no-usubjid/adsl": adsl.rename(columns={"USUBJID": "SUBJID"}),
        "no-arm/adsl": adsl.drop(columns="TRT01P"),
        "arm-empty/adsl": adsl.assign(TRT01P=["Placebo", ""]),
        "record-without-subject/adqs": adqs.assign(USUBJID=["1", "", "2", "2"]),
        "record-without-day/adqs": adqs.assign(ADY=[1.0, None, 1.0, 29.0]),
        "record-twice/adqs": pd.concat([adqs, adqs.iloc[:1]]),
        "day-as-text/adqs": adqs.assign(ADY=["1", "day 29", "1", "29"]),
        "day-zero/adqs": adqs.assign(ADY=[0.0, 1.0, 1.0, 29.0]),
        "day-as-sas-date/adqs": adqs.assign(ADY=[43831.0, 43859.0] * 2),
        "value-as-text/adqs": adqs.assign(AVAL=["40", "ill", "41", "38"]),
        "value-99/adqs": adqs.assign(AVAL=[40.0, 99, 41, 38]),
        "other-parameter/adqs": adqs.assign(PARAMCD="SF36"),
        "no-record-flagged/adqs": adqs.assign(ANL01FL="N"),
        "half-flagged/adqs": adqs.assign(ANL01FL=["Y", "", "Y", ""]),
        "no-records/adqs": adqs.iloc[:0],
        "no-bds-table/adqs": adqs.drop(columns="PARAMCD"),
        "censoring-as-words/adtte": adtte.assign(CNSR=["no"]),
        "censoring-as-text/adtte": adtte.assign(CNSR=["0"]),
        "censoring-missing/adtte": adtte.assign(CNSR=[None]).astype({"CNSR": "float64"}),
        "event-day-as-text/adtte": adtte.assign(ADY=["soon"]),
        "event-in-months/adtte": adtte.drop(columns="ADY").assign(AVALU="MONTHS"),
        "death-before-visit/adtte": adtte.assign(ADY=[2.0]),
        "event-of-stranger/adtte": adtte.assign(USUBJID=["9"]),
    }
    raw = {
        "cut-mid-record/adqs.xpt": good[:-81],
        "cut-between-records/adqs.xpt": good[:-80],
        "cut-in-header/adqs.xpt": good[:500],
        "cut-after-header/adqs.xpt": _transport(adqs.iloc[:0], version=5),
        "nothing/adqs.xpt": b"",
        "wrong-magic/adqs.xpt": b"X" * 80 + good[80:],
        "text-not-utf8/adqs.xpt": good.replace(b"ALSFRSR", b"ALSFRS\xe9", 1),
        "two-tables-in-one/adqs.xpt": good + good[240:],
        "parquet-cut/adqs.parquet": _parquet(adqs)[:-9],
        "table-twice/ADQS.parquet": _parquet(adqs),
        "column-in-two-cases/adsl.parquet": _parquet(adsl.assign(usubjid=["8", "9"])),
    }
    return {f"{name}.xpt": _transport(table) for name, table in xpt.items()} | raw


def saved_files() -> dict[str, bytes]:
    """A saved cohort, and the tables of cohorts that somebody has been at; their descriptions are text."""
    visits = VISITS.assign(il6=["<0.5", "1.2", "2", "3"], age=[60, 60, 50, 50])
    events = pd.DataFrame({"id": ["a"], "event": ["death"], "week": [9.0]})
    outcomes = [als.Outcome("il6", unit="pg/mL", lloq=0.5)]
    cohort = als.Cohort.from_frame(visits, als.Roles("id", "week", "arm"), events=events, outcomes=outcomes)
    with tempfile.TemporaryDirectory() as folder:
        cohort.save(folder)
        files = {f"good/{path.name}": path.read_bytes() for path in sorted(Path(folder).iterdir())}
    kept, died, people = cohort.visits, cohort.events, cohort.subjects
    changed = {
        "visits-lack-a-row/visits": kept.iloc[1:],
        "visits-out-of-bounds/visits": kept.assign(alsfrs_r=99.0),
        "visits-of-strangers/visits": kept.assign(subject="zz"),
        "visits-twice/visits": kept.assign(week=0.0),
        "visits-without-week/visits": kept.drop(columns="week"),
        "score-as-text/visits": kept.assign(alsfrs_r=kept["alsfrs_r"].astype(str)),
        "week-as-text/visits": kept.assign(week=kept["week"].astype(str)),
        "week-as-dates/visits": kept.assign(week=pd.date_range("2020-01-01", periods=4)),
        "mark-unknown/visits": kept.assign(il6_censored="perhaps"),
        "subjects-as-numbers/subjects": people.assign(subject=[1, 2]),
        "subjects-without-arm/subjects": people.drop(columns="arm"),
        "subjects-twice/subjects": pd.concat([people, people]),
        "arms-missing/subjects": people.assign(arm=None),
        "arms-as-dates/subjects": people.assign(arm=[FIRST.date(), LATER.date()]),
        "arms-as-lists/subjects": people.assign(arm=[["control"], ["drug"]]),
        "events-without-kind/events": died.drop(columns="event"),
        "events-before-visits/events": died.assign(week=1.0),
        "events-of-strangers/events": died.assign(subject="zz"),
        "events-one-more/events": pd.concat([died, died.assign(event="withdrawal")]),
    }
    cut = {"visits-cut/visits.parquet": files["good/visits.parquet"][:-100], "events-empty/events.parquet": b""}
    return files | {f"{name}.parquet": _parquet(table) for name, table in changed.items()} | cut


def excel_files() -> dict[str, bytes]:
    """Workbooks as people keep them."""
    good = _workbook(_rows())
    return {
        "good.xlsx": good,
        "nothing.xlsx": b"",
        "csv-called-xlsx.xlsx": TEXT.encode(),
        "cut.xlsx": good[: len(good) // 2],
        "no-sheet-inside.xlsx": _without(good, "xl/worksheets/sheet1.xml"),
        "no-styles-inside.xlsx": _without(good, "xl/styles.xml"),
        "empty-sheet.xlsx": _workbook([]),
        "header-alone.xlsx": _workbook(_rows()[:1]),
        "two-sheets.xlsx": _workbook(_rows(), second=_rows()),
        "title-above.xlsx": _workbook([["A trial of 2020", None, None, None], *_rows()]),
        "header-twice.xlsx": _workbook(_rows(header=["id", "week", "week ", "alsfrs_r"])),
        "header-empty.xlsx": _workbook(_rows(header=["id", "week", None, "alsfrs_r"])),
        "header-date.xlsx": _workbook(_rows(header=["id", "week", "arm", FIRST])),
        "empty-line.xlsx": _workbook([*_rows()[:3], [None] * 4, *_rows()[3:]]),
        "merged.xlsx": _workbook(_rows(), merged="A2:A3"),
        "error-value.xlsx": _workbook(_rows(last="#N/A")),
        "formula-without-value.xlsx": _workbook(_rows(last="=SUM(D2:D3)")),
        "score-as-date.xlsx": _workbook(_rows(last=LATER)),
        "score-as-clock.xlsx": _workbook(_rows(last=time(12, 30))),
        "score-as-words.xlsx": _workbook(_rows(last="ill")),
        "decimal-commas.xlsx": _workbook(_rows(scores=["40,5", "39,5", "41,5", "40"])),
        "times-as-dates.xlsx": _workbook(_rows(times=[FIRST, LATER] * 2)),
        "times-as-serial-dates.xlsx": _workbook(_rows(times=[43831, 43859] * 2)),
        "subject-missing.xlsx": _workbook([*_rows()[:2], [None, 4, "control", 39], *_rows()[3:]]),
        "score-49.xlsx": _workbook(_rows(last=49)),
    }


def wide_files() -> dict[str, bytes]:
    """One wide table as a workbook; the others are text."""
    rows = [["id", "arm", "als_w0", "als_w4"], ["a", "control", 40, 39], ["b", "drug", 41, LATER]]
    return {"score-as-date.xlsx": _workbook(rows)}


def _rows(header=("id", "week", "arm", "alsfrs_r"), times=(0, 4, 0, 4), scores=(40, 39, 41, 40), last=None):
    scores = [*scores[:3], scores[3] if last is None else last]
    arms, ids = ["control"] * 2 + ["drug"] * 2, ["a", "a", "b", "b"]
    return [list(header), *map(list, zip(ids, times, arms, scores, strict=True))]


def _workbook(rows, *, second=None, merged=None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    for row in second or []:
        (book["more"] if "more" in book.sheetnames else book.create_sheet("more")).append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _without(workbook: bytes, part: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        return _zipped({name: parts.read(name) for name in parts.namelist() if name != part})


def _zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, content in files.items():
            parts.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def _transport(table: pd.DataFrame, *, version: int = 8) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xpt"
        pyreadstat.write_xport(table.reset_index(drop=True), str(path), file_format_version=version)
        return path.read_bytes()


def _parquet(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()


def _written(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def _with(table: pa.Table, name: str, column: pa.Array) -> bytes:
    if name in table.column_names:
        return _written(table.set_column(table.column_names.index(name), name, column))
    return _written(table.append_column(name, column))


def _with_latin1(table: pa.Table) -> pa.Table:
    """Text that says it is UTF-8, and is not."""
    arms = pa.array([b"Plac\xe9bo"] * 4, pa.binary())
    text = pa.Array.from_buffers(pa.string(), 4, arms.buffers())
    return table.set_column(table.column_names.index("arm"), "arm", text)


def _damaged_pages() -> bytes:
    content = bytearray(_parquet(pd.concat([VISITS] * 3)))
    content[4:60] = b"\xff" * 56
    return bytes(content)


def main() -> None:
    """Write all of them, each folder anew but for its text files."""
    makers = {"csv": text_files, "parquet": parquet_files, "adam": adam_files, "saved": saved_files}
    for folder, make in (makers | {"excel": excel_files, "wide": wide_files}).items():
        for name, content in make().items():
            path = HERE / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    main()
