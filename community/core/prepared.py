"""QuerySets compiled once by Django and prepared once by PostgreSQL, for hot pages.

Compiling and planning these queries costs more than running them.

    @compiled_at_start((False, True))
    def _posts(is_moderator: bool) -> Prepared[Post]:
        return Prepared(lambda topic_id: Post.objects.filter(topic=topic_id).select_related("author"))

    _posts(reader.is_moderator)(topic_id=812)

`build` gets placeholders, so it must not branch on its arguments. What it branches on, such as the kind of reader,
belongs to the cached function around it: `@compiled_at_start`, with all values of its parameters, or `@cache`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, lru_cache, partial
from itertools import chain, count, product
from struct import pack
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models import signals
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable, RelatedPopulator, get_related_populators
from django.db.models.sql.compiler import SQLCompiler
from psycopg.adapt import Dumper, Loader, PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.sql import Literal
from psycopg.types.numeric import Int8

Row = TypeVar("Row")
Instance = TypeVar("Instance", bound=models.Model)

SMALLEST, LARGEST = -(2**63), 2**63 - 1
# No row has such an id, and no two arguments share one.
_placeholders = count(8_100_000_000_000_000_000)


class AnyOf(models.Lookup):
    """`column = ANY(array)`: one statement for any number of values; IN needs one per number."""

    lookup_name = "any_of"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [value]

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", (*left_params, *right_params)


models.Field.register_lookup(AnyOf)
models.ForeignKey.register_lookup(AnyOf)


class _JsonAsText(Loader):
    """Return jsonb as text; the model field decodes it."""

    format = psycopg.pq.Format.BINARY

    def load(self, data: Any) -> str:
        return bytes(data)[1:].decode()  # the first byte is the version of the format


psycopg.adapters.register_loader("jsonb", _JsonAsText)


class Ids(tuple[int, ...]):
    """Numbers for a parameter of type bigint[]."""


class _IdsDumper(Dumper):
    """Write the binary format at once; psycopg looks at each number of a list several times."""

    format = psycopg.pq.Format.BINARY
    oid = psycopg.adapters.types["int8"].array_oid

    def dump(self, ids: Ids) -> bytes:
        numbers = chain.from_iterable((8, number) for number in ids)
        return pack(f"!5i{len(ids) * 'iq'}", 1, 0, _INT8, len(ids), 1, *numbers)


class _IdsAsText(Dumper):
    """For Django's cursor, which writes parameters into the statement."""

    oid = _IdsDumper.oid

    def dump(self, ids: Ids) -> bytes:
        return f"{{{','.join(map(str, ids))}}}".encode()


_INT8 = psycopg.adapters.types["int8"].oid
psycopg.adapters.register_dumper(Ids, _IdsAsText)
psycopg.adapters.register_dumper(Ids, _IdsDumper)


class _Cursor(psycopg.RawCursor[Any]):
    """Send parameters separately from the statement, so that it can be prepared; Django's cursor inlines them."""

    keeps_plan = True

    def execute(self, query: Any, params: Any = None, **_: Any) -> _Cursor:
        statement, names = _numbered(query)
        values = [params[name] for name in names] if names else params
        return super().execute(statement, values, prepare=self.keeps_plan, binary=True)


@lru_cache(maxsize=1000)
def _numbered(sql: str) -> tuple[bytes, list[str]]:
    """Replace placeholders by $1, $2, ..., once; psycopg would parse a statement with many of them every time.

    Returns the statement and the names in %(name)s, if any, in the order of the numbers.
    """
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
    sql = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", sql)
    return _replaced(sql, (f"${number}" for number in count(1))).replace("%%", "%").encode(), names


def _replaced(sql: str, parts: Iterator[str]) -> str:
    """Replace each %s by the next part; %% stays."""
    return re.sub("%[s%]", lambda found: next(parts) if found[0] == "%s" else found[0], sql)


def cursor(*, keeps_plan: bool = True) -> Any:
    """Return a cursor that prepares its statements; Django logs and counts them like its own."""
    own = connections[DEFAULT_DB_ALIAS]  # the proxy `connection` would look it up for each attribute
    own.close_if_health_check_failed()
    own.ensure_connection()
    wrap = own.make_debug_cursor if own.queries_logged else own.make_cursor
    raw = _Cursor(own.connection)
    raw.keeps_plan = keeps_plan
    return wrap(raw)  # type: ignore[arg-type]


def fetch(sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
    """Run a statement as a `cursor` would, and return its rows.

    Most of the time that a small statement takes is spent in cursors, so this calls libpq directly if psycopg keeps the
    statement prepared, through the connection's wrappers. It forgets which ones it keeps after a rollback. Statements
    that are logged are left to the cursor, too.
    """
    own = connections[DEFAULT_DB_ALIAS]
    own.close_if_health_check_failed()
    if own.connection is None:
        own.ensure_connection()
    status = own.connection.pgconn.transaction_status
    is_idle = status == TransactionStatus.IDLE
    is_ready = is_idle or (own.in_atomic_block and status == TransactionStatus.INTRANS)
    if is_ready and not (own.queries_logged or own.needs_rollback):
        statement, order = _numbered(sql)
        values = [params[name] for name in order] if order else params
        adapt = Transformer(own.connection)
        dumped = adapt.dump_sequence(values, [PyFormat.AUTO] * len(values))
        kept, key = own.connection._prepared._names, (statement, adapt.types)
        if key in kept:
            kept.move_to_end(key)

            def run(*_: Any) -> Any:
                if own.in_atomic_block and is_idle:
                    begun = own.connection.pgconn.exec_(own.connection._get_tx_start_command())
                    if begun.status != ExecStatus.COMMAND_OK:
                        return begun
                return own.connection.pgconn.exec_prepared(kept[key], dumped, adapt.formats, 1)

            execute: Callable[..., Any] = run
            for wrapper in reversed(own.execute_wrappers):
                execute = partial(wrapper, execute)
            with own.wrap_database_errors:
                result = execute(sql, params, False, {"connection": own, "cursor": None})
                if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
                    raise psycopg.errors.error_from_result(result, encoding=own.connection.info.encoding)
                adapt.set_pgresult(result)
                return adapt.load_rows(0, result.ntuples, tuple)
    with cursor() as slow:
        slow.execute(sql, params)
        return list(slow.fetchall()) if slow.description else []


def _bound(value: Any) -> Any:
    """Bind all integers as bigint: a prepared statement depends on its parameter types."""
    if type(value) is int:
        return Int8(value)
    if type(value) in (list, tuple):
        are_ids = value and all(type(one) is int for one in value)
        return Ids(value) if are_ids else [_bound(one) for one in value]
    return value


class Statement(NamedTuple):
    """A compiled QuerySet: SQL, the arguments that are its parameters, and the reader of its rows."""

    sql: str
    names: list[str]  # of the arguments, in the order of the parameters
    read: Callable[[list[Any]], list[Any]]


class Prepared(Generic[Row]):
    """A prepared QuerySet; call it with the arguments of `build` to get its rows.

    Arguments are ids, or lists of ids for the lookup `any_of`, unless annotated as str, UUID or datetime. With a
    `limit`, it also takes an `offset`. Where the best plan depends on the values, such as search terms,
    `keeps_plan=False` makes PostgreSQL plan each time.
    """

    def __init__(
        self,
        build: Callable[..., models.QuerySet[Any, Any]],
        *,
        limit: int | None = None,
        keeps_plan: bool = True,
    ) -> None:
        self._build = build
        self._limit = limit
        self._keeps_plan = keeps_plan

    def __call__(self, *, offset: int = 0, **values: Any) -> list[Row]:
        if any(type(value) is int and not SMALLEST <= value <= LARGEST for value in values.values()):
            return []  # no column holds such a number, but a URL may
        statement = self._statement
        sql, params = statement.sql, [_bound(values[name]) for name in statement.names]
        if offset:
            sql, params = f"{sql} OFFSET %s", [*params, Int8(offset)]
        if self._keeps_plan:
            return statement.read(fetch(sql, params))
        with cursor(keeps_plan=False) as planned:
            planned.execute(sql, params)
            return statement.read(planned.fetchall())

    def first(self, **values: Any) -> Row | None:
        rows = self(**values)
        return rows[0] if rows else None

    @cached_property
    def _statement(self) -> Statement:
        parameters = inspect.signature(self._build).parameters
        placeholders = {name: _placeholder(parameter) for name, parameter in parameters.items()}
        queryset = self._build(**placeholders)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        names = [_name(param, placeholders) for param in params]
        # Constants are literals: only with their values does a kept plan use partial indexes and good estimates.
        sql = _replaced(
            sql, ("%s" if name else _literal(param) for name, param in zip(names, params, strict=True))
        )
        if self._limit is not None:
            sql += f" LIMIT {self._limit:d}"
        return Statement(sql, [name for name in names if name], _reader(queryset, compiler))


Function = TypeVar("Function", bound=Callable[..., Prepared[Any]])
_at_start: list[tuple[Callable[..., Prepared[Any]], tuple[Iterable[Any], ...]]] = []


def compiled_at_start(*choices: Iterable[Any]) -> Callable[[Function], Function]:
    """Cache the function's statements; the web server compiles them before it forks, for all `choices` of arguments."""

    def decorate(function: Function) -> Function:
        cached = cache(function)
        _at_start.append((cached, choices))
        return cached  # type: ignore[return-value]

    return decorate


def compile_statements() -> None:
    """Compile the statements of pages, which costs the first readers of a process more than the pages do."""
    for function, choices in _at_start:
        for arguments in product(*choices):
            _ = function(*arguments)._statement


def _name(param: Any, placeholders: dict[str, Any]) -> str:
    """Return the name of the argument that the parameter stands for; an empty string for a constant."""
    for name, placeholder in placeholders.items():
        if type(param) is type(placeholder) and param == placeholder:
            return name
    return ""


def _literal(value: Any) -> str:
    return Literal(value).as_string(connection.connection).replace("%", "%%")


def _placeholder(parameter: inspect.Parameter) -> Any:
    """Return a unique value of the argument's type, which marks its place among the compiled parameters."""
    number = next(_placeholders)
    if parameter.annotation in (str, "str"):
        return f"placeholder {number}"
    if parameter.annotation in (UUID, "uuid.UUID"):
        return UUID(int=number)
    if parameter.annotation in (datetime, "datetime"):
        return datetime(9000, 1, 1, tzinfo=UTC) + timedelta(microseconds=number % 10**12)
    return number


def _reader(queryset: models.QuerySet[Any, Any], compiler: SQLCompiler) -> Callable[[list[Any]], list[Any]]:
    """Return a function that turns rows into model instances, or into tuples for `values_list`."""
    select, info = compiler.select, compiler.klass_info
    converters = compiler.get_converters([column for column, *_ in select])

    def converted(rows: Iterable[Any]) -> Iterable[Any]:
        return compiler.apply_converters(rows, converters) if converters else rows

    if not issubclass(queryset._iterable_class, ModelIterable):
        return lambda rows: [tuple(row) for row in converted(rows)]
    model, start, end = Instances(info["model"]), info["select_fields"][0], info["select_fields"][-1] + 1
    fields = [column.target.attname for column, *_ in select[start:end]]
    related = get_related_populators(info, select, "default")  # type: ignore[call-arg]
    _create_directly(related)
    annotations = list(compiler.annotation_col_map.items())

    def read(rows: list[Any]) -> list[Any]:
        found = []
        for row in converted(rows):
            instance = model.from_db("default", fields, row[start:end])
            for populator in related:
                populator.populate(row, instance)
            for name, place in annotations:
                setattr(instance, name, row[place])
            found.append(instance)
        return found

    return read


class Instances(Generic[Instance]):
    """Create instances as `from_db` does, without the signals and argument handling of `__init__`."""

    def __init__(self, model: type[Instance]) -> None:
        self._model = model
        self._is_plain = (
            model.__init__ is models.Model.__init__
            and model.from_db.__func__ is models.Model.from_db.__func__  # type: ignore[attr-defined]
            and not any(signal.has_listeners(model) for signal in (signals.pre_init, signals.post_init))
        )

    def from_db(self, using: str, fields: Sequence[str], values: Sequence[Any]) -> Instance:
        if not self._is_plain:
            return self._model.from_db(using, fields, values)
        instance = self._model.__new__(self._model)
        state = ModelState()
        state.adding, state.db = False, using
        instance.__dict__.update(zip(fields, values, strict=True), _state=state)
        return instance


def _create_directly(populators: Iterable[RelatedPopulator]) -> None:
    for populator in populators:
        populator.model_cls = Instances(populator.model_cls)  # type: ignore[assignment]
        _create_directly(populator.related_populators)
