"""Changes in, new text out. LibCST keeps every comment, blank line and quote that a change does not touch."""

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from setpoint.repair.playbook.edits import Change, Constant, Decorate, Enclose, Import, Insert, Replace
from setpoint.repair.playbook.imports import place_import
from setpoint.repair.playbook.project import FUNCTIONS, File

Place = tuple[int, int]
Body = Sequence[cst.BaseStatement]
StatementChange = Insert | Replace | Enclose | Decorate
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
SHOUTED = re.compile(r"_*[A-Z][A-Z0-9_]*$")


class MisfitError(Exception):
    """A change that found no place in the file, or would leave it broken."""


def rewrite(file: File, changes: Sequence[Change]) -> str:
    """The text of `file` after `changes`, all of which are in this file. Raises MisfitError."""
    wrapper = MetadataWrapper(cst.parse_module(file.text), unsafe_skip_copy=True)
    placed = [other for change in changes if (other := _placed(file, change))]
    rewriter = _Rewriter(file, placed, wrapper)
    module = wrapper.module.visit(rewriter)
    if rewriter.pending:
        raise MisfitError(f"{len(rewriter.pending)} changes found no place in {file.path}")
    return _valid(file, module.code)


def _valid(file: File, text: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, file.path, "exec", dont_inherit=True)  # compiled, never run
    except (SyntaxError, ValueError) as fault:
        raise MisfitError(f"{file.path} would not compile: {fault}") from fault
    return text


def _placed(file: File, change: Change) -> StatementChange | None:
    """Imports and constants as lines beside others; None for an import that is there already."""
    if isinstance(change, Import):
        return place_import(file, change)
    return _place_constant(file, change) if isinstance(change, Constant) else change


def _place_constant(file: File, constant: Constant) -> Insert:
    """A constant goes after the last one at the top of the file, or after what stands before the definitions."""
    code = f"{constant.name} = {constant.value}"
    top = list(takewhile(lambda statement: not isinstance(statement, DEFINITIONS), file.tree.body))
    shouted = [statement for statement in top if _is_constant(statement)]
    if shouted:
        return Insert(constant.path, shouted[-1], code)
    if top:
        return Insert(constant.path, top[-1], f"\n{code}")
    return Insert(constant.path, file.tree.body[0], code, after=False)


def _is_constant(statement: ast.stmt) -> bool:
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant())
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant())
        ):
            return bool(SHOUTED.match(name))
    return False


class _Rewriter(cst.CSTTransformer):
    """Applies changes by position: a statement is known by its start, an expression by start and end."""

    def __init__(self, file: File, changes: Sequence[StatementChange], wrapper: MetadataWrapper) -> None:
        super().__init__()
        self.lines = file.lines
        self.ranges = dict(cast(Mapping[cst.CSTNode, CodeRange], wrapper.resolve(PositionProvider)))
        self.pending: set[StatementChange] = set(changes)
        self.expressions: dict[tuple[Place, Place], Replace] = {}
        self.statements: dict[Place, list[StatementChange]] = defaultdict(list)
        for change in changes:
            self._sort_in(change)

    def _sort_in(self, change: StatementChange) -> None:
        match change:
            case Replace(node=ast.expr() as node):
                self.expressions[self._start(node), self._end(node)] = change
            case Replace(node=ast.stmt() as node) | Insert(beside=node) | Enclose(first=node) | Decorate(function=node):
                self.statements[self._start(node)].append(change)

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Put in new expressions; blocks have their own methods below."""
        left = super().on_leave(original_node, updated_node)
        if not isinstance(original_node, cst.BaseExpression) or not isinstance(left, cst.BaseExpression):
            return left
        span = self.ranges[original_node]
        change = self.expressions.get(((span.start.line, span.start.column), (span.end.line, span.end.column)))
        if change is None:
            return left
        self.pending.discard(change)
        new = cst.parse_expression(change.code)
        kept = new if new.lpar else new.with_changes(lpar=left.lpar, rpar=left.rpar)
        return cast(cst.CSTNodeT, kept)

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:  # noqa: N802
        """Statements at the top of the file."""
        body = self._body(cast(Body, original_node.body), cast(Body, updated_node.body), top=True)
        return updated_node.with_changes(body=body)

    def leave_IndentedBlock(  # noqa: N802
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        """Statements of a block."""
        body = self._body(original_node.body, updated_node.body, top=False)
        return updated_node.with_changes(body=body)

    def leave_SimpleStatementSuite(  # noqa: N802
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        """A body on the line of its header becomes a block when something is put into it."""
        if not any(self._changes(small) for small in original_node.body):
            return updated_node
        lines = [cst.SimpleStatementLine([small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for small in
                 updated_node.body]  # fmt: skip
        old = [cst.SimpleStatementLine([small]) for small in original_node.body]
        for line, small in zip(old, original_node.body, strict=True):
            self.ranges[line] = self.ranges[small]
        block = cst.IndentedBlock(self._body(old, lines, top=False))
        return block.with_changes(header=updated_node.trailing_whitespace)

    def _body(self, original: Body, updated: Body, *, top: bool) -> list[cst.BaseStatement]:
        old = {place: index for index, node in enumerate(original) for place in self._starts(node)}
        body: list[cst.BaseStatement] = []
        index = 0
        while index < len(updated):
            group, last = [updated[index]], index
            for change in self._changes(original[index]):
                self.pending.discard(change)
                if isinstance(change, Enclose):
                    last = old.get(self._start(change.last), index)
                    group = [_enclosed(change, [*group, *updated[index + 1 : last + 1]])]
                elif isinstance(change, Decorate):
                    group = [_decorated(change, group[0]), *group[1:]]
                else:
                    group = _changed(group, change, top=top)
            body += group
            index = last + 1
        return body

    def _changes(self, node: cst.CSTNode) -> list[StatementChange]:
        return [change for place in self._starts(node) for change in self.statements.get(place, ())]

    def _starts(self, node: cst.CSTNode) -> list[Place]:
        """Where the statements of a line start (`a; b` has two), or where a compound statement does."""
        parts: Sequence[cst.CSTNode] = node.body if isinstance(node, cst.SimpleStatementLine) else [node]
        return [(self.ranges[part].start.line, self.ranges[part].start.column) for part in parts]

    def _start(self, node: ast.expr | ast.stmt) -> Place:
        return node.lineno, self._column(node.lineno, node.col_offset)

    def _end(self, node: ast.expr) -> Place:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return node.end_lineno, self._column(node.end_lineno, node.end_col_offset)

    def _column(self, line: int, offset: int) -> int:
        """`ast` counts bytes, LibCST characters."""
        return len(self.lines[line - 1].encode()[:offset].decode())


def _parsed(code: str) -> list[cst.BaseStatement]:
    """The statements; a blank line above the first stays with it."""
    module = cst.parse_module(code)
    body = list(module.body)
    return [body[0].with_changes(leading_lines=module.header), *body[1:]] if body else []


def _changed(group: list[cst.BaseStatement], change: Insert | Replace, *, top: bool) -> list[cst.BaseStatement]:
    new = _parsed(change.code)
    if isinstance(change, Replace):
        return [new[0].with_changes(leading_lines=_leading(group[0])), *new[1:]] if new else []
    if change.after:
        return [*group, *new]
    lines = _leading(group[0])
    if _leading(new[0]):
        return [*new, *group]
    if top:  # blank lines above the new one as above the old one, comments stay where they belong
        blank = [line for line in lines if line.comment is None]
        return [new[0].with_changes(leading_lines=blank), *new[1:], *group]
    return [new[0].with_changes(leading_lines=lines), *new[1:], group[0].with_changes(leading_lines=()), *group[1:]]


def _enclosed(change: Enclose, body: list[cst.BaseStatement]) -> cst.BaseStatement:
    """The statements as the body of the new header; what stood above the first now stands above the header."""
    outer = _parsed(f"{change.header}\n    pass\n{change.footer}")[0]
    inner = [body[0].with_changes(leading_lines=()), *body[1:]]
    return outer.with_changes(leading_lines=_leading(body[0]), body=cst.IndentedBlock(inner))


def _decorated(change: Decorate, node: cst.BaseStatement) -> cst.BaseStatement:
    assert isinstance(node, cst.FunctionDef)
    new = cst.Decorator(cst.parse_expression(change.code))
    return node.with_changes(decorators=[*node.decorators, new])


def _leading(node: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    return cast(Sequence[cst.EmptyLine], getattr(node, "leading_lines", ()))
