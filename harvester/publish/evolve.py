"""Files of an older layout under today's: members that came are added, `_extra` is searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec.structs import replace

from harvester.errors import LakeError
from harvester.publish.files import write_file
from harvester.publish.fit import pointer
from harvester.publish.layout import Layout, meta_layouts, table_layouts
from harvester.publish.lift import lift
from harvester.publish.manifest import LakeFile, Manifest
from harvester.schema import EXTRA
from harvester.store.lake import Lake

__all__ = ["todays_files", "todays_rows", "upgrade"]


def upgrade(lake: Lake, manifest: Manifest) -> Manifest:
    """The same lake with every file under today's layout; old files stay until they are swept.

    The new manifest is the caller's to write. Where nothing is old it is the manifest given.
    """
    tables, meta = dict(manifest.tables), dict(manifest.meta)
    for layout in table_layouts():
        if layout.name in tables:
            files = tables[layout.name]
            data = tuple(_upgraded(lake, layout, file) for file in files.data)
            tables[layout.name] = replace(files, data=data)
    for layout in meta_layouts():
        if layout.name in meta:
            meta[layout.name] = tuple(_upgraded(lake, layout, f) for f in meta[layout.name])
    return replace(manifest, tables=tables, meta=meta)


def todays_files(lake: Lake, layout: Layout, paths: Iterable[str], folder: str) -> list[str]:
    """Staged parts, each with today's columns; copies of older ones go to the folder."""
    found = []
    for number, path in enumerate(paths):
        todays = path
        if not pq.read_schema(lake.path(path)).equals(layout.arrow):
            todays = f"{folder}/{number:05d}.parquet"
            write_file(lake, todays, layout.arrow, todays_rows(lake, layout, path))
        found.append(todays)
    return found


def todays_rows(lake: Lake, layout: Layout, path: str) -> Iterator[pa.RecordBatch]:
    """The rows of a file under today's layout, a row group at a time."""
    try:
        with pq.ParquetFile(lake.path(path)) as parquet:
            for group in range(parquet.num_row_groups):
                todays = _todays(parquet.read_row_group(group), layout)
                yield from todays.combine_chunks().to_batches()
    except (pa.ArrowException, OSError) as error:
        raise LakeError(f"{lake.path(path)} does not fit today's schema: {error}") from error


def _upgraded(lake: Lake, layout: Layout, file: LakeFile) -> LakeFile:
    if file.fingerprint == layout.fingerprint:
        return file
    path = PurePosixPath(file.path)
    stem = path.stem.partition("@")[0]
    target = str(path.with_name(f"{stem}@{layout.fingerprint}.parquet"))
    written = write_file(lake, target, layout.arrow, todays_rows(lake, layout, file.path))
    if written is None or written.rows != file.rows:
        raise LakeError(f"{lake.path(file.path)} does not hold the {file.rows} rows it should")
    return replace(file, path=target, bytes=written.size, fingerprint=layout.fingerprint)


def _todays(table: pa.Table, layout: Layout) -> pa.Table:
    schema = layout.arrow
    has_extra = EXTRA.name in table.schema.names and EXTRA.name in schema.names
    if has_extra:
        table = _without_lost(table, schema)
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.schema.names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    todays = pa.table(columns, schema=schema)
    return lift(todays, layout.columns) if has_extra else todays


def _without_lost(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Columns that today's schema cannot hold as they are become surplus, to be lifted anew."""
    lost = [field.name for field in table.schema if not _has_room(field, schema)]
    if not lost:
        return table
    columns = {pointer([name]): table.column(name).to_pylist() for name in lost}
    index = table.schema.get_field_index(EXTRA.name)
    extras = [
        _with_entries({at: values[row] for at, values in columns.items()}, extra)
        for row, extra in enumerate(table.column(index).to_pylist())
    ]
    return table.set_column(index, EXTRA.name, pa.array(extras, EXTRA.arrow_type)).drop(lost)


def _has_room(field: pa.Field[Any], schema: pa.Schema) -> bool:
    if field.name.startswith("_"):
        return True
    return field.name in schema.names and _holds(schema.field(field.name).type, field.type)


def _holds(today: pa.DataType, before: pa.DataType) -> bool:
    """Whether every value of the older type is one of today's."""
    if isinstance(today, pa.StructType) and isinstance(before, pa.StructType):
        names = {member.name for member in today}
        return all(m.name in names and _holds(today.field(m.name).type, m.type) for m in before)
    if isinstance(today, pa.ListType) and isinstance(before, pa.ListType):
        return _holds(today.value_type, before.value_type)
    return today.equals(before)


def _with_entries(values: dict[str, Any], extra: str | None) -> str | None:
    """The surplus with these values before it, so that what lies inside of them finds them."""
    found = {at: pruned for at, value in values.items() if (pruned := _pruned(value)) is not None}
    if not found:
        return extra
    earlier = msgspec.json.decode(extra, type=dict[str, msgspec.Raw]) if extra else {}
    return msgspec.json.encode(found | earlier).decode()


def _pruned(value: Any) -> Any:  # noqa: ANN401 - any column's value
    """The value without the members that are NULL: NCBI never sent them."""
    if isinstance(value, dict):
        return {name: _pruned(member) for name, member in value.items() if member is not None}
    return [_pruned(item) for item in value] if isinstance(value, list) else value
