"""One file, written beside its target, flushed, and moved to its place in one step.

Whoever looks finds the old file whole, or the new one. A link that stands where the file is to be written is replaced
by the file; what it points to stays as it is. The permission bits of the old file are kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alsmodels.files.disk import check_replaceable, flush, keep_mode, partial_path, remove, sweep, told

__all__ = ["replaced_file", "write_text"]


@contextmanager
def replaced_file(target: Path) -> Iterator[Path]:
    """A path to write to; at the end of the block what is there takes the place of the target.

    Raises
    ------
    ReadError
        If the target is a folder or protected, or the system refuses.
    """
    with told(target):
        check_replaceable(target)
        sweep(target.parent)
        made = partial_path(target.parent, suffix=target.suffix)
        try:
            yield made
            keep_mode(made, target)
            flush(made)
            made.replace(target)
            flush(target.parent)
        finally:
            remove(made)


def write_text(target: Path, text: str) -> None:
    """Write a text in UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(Path(folder) / "spec.json", "{}")
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['spec.json']
    """
    with replaced_file(target) as made:
        made.write_text(text, encoding="utf-8", newline="\n")
