//! Primary expressions: literals, names, `new`, and what follows them (members, calls, indexers).

use super::ast::{Expr, ExprKind, TypeKind, TypeSyntax};
use super::lexer::Kind;
use super::parser::{Parsed, Parser};
use crate::value::Value;

const TYPES: [&str; 15] = [
    "bool", "byte", "char", "decimal", "double", "float", "int", "long", "object", "sbyte", "short",
    "string", "uint", "ulong", "ushort",
];

/// A primary expression and everything that follows it.
pub fn postfix(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let start = parser.here().start;
    let first = primary(parser)?;
    follow(parser, first, start)
}

fn follow(parser: &mut Parser<'_>, mut left: Expr, start: usize) -> Parsed<Expr> {
    let mut length = 0;
    loop {
        length += 1;
        if length > 200 {
            return parser.fail("An expression is too long or complex to compile");
        }
        let kind = if parser.eat(".") {
            member(parser, left)?
        } else if parser.eat("(") {
            ExprKind::Call(Box::new(left), parser.arguments(")")?)
        } else if parser.eat("[") {
            ExprKind::Index(Box::new(left), parser.arguments("]")?)
        } else if parser.is("?.") || (parser.is("?") && parser.ahead_is(1, "[") && conditional_index(parser))
        {
            return conditional(parser, left, start);
        } else if parser.eat("++") {
            ExprKind::Postfix("++", Box::new(left))
        } else if parser.eat("--") {
            ExprKind::Postfix("--", Box::new(left))
        } else {
            return Ok(left);
        };
        left = Expr { kind, at: parser.since(start) };
    }
}

/// `x?[0]` is an indexer unless the bracket's end is followed by the `:` of a conditional expression.
fn conditional_index(parser: &mut Parser<'_>) -> bool {
    let (at, captured) = (parser.at, parser.captured.clone());
    parser.at += 2;
    let indexer = parser.arguments("]").is_ok() && !parser.is(":");
    (parser.at, parser.captured) = (at, captured);
    indexer
}

fn member(parser: &mut Parser<'_>, target: Expr) -> Parsed<ExprKind> {
    let name_at = parser.here();
    let (name, types) = parser.generic_name()?;
    Ok(ExprKind::Member { target: Box::new(target), name, types, name_at })
}

fn conditional(parser: &mut Parser<'_>, left: Expr, start: usize) -> Parsed<Expr> {
    let at = parser.here();
    let receiver = Expr { kind: ExprKind::Receiver, at: at.clone() };
    let first = if parser.eat("?.") {
        member(parser, receiver)?
    } else {
        parser.at += 2;
        ExprKind::Index(Box::new(receiver), parser.arguments("]")?)
    };
    let first = Expr { kind: first, at: parser.since(at.start) };
    let rest = parser.deeper(|p| follow(p, first, at.start))?;
    Ok(Expr { kind: ExprKind::Conditional(Box::new(left), Box::new(rest)), at: parser.since(start) })
}

fn primary(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let at = parser.here();
    let kind = match parser.kind().clone() {
        Kind::Literal(value) => {
            parser.at += 1;
            ExprKind::Literal(value)
        }
        Kind::Interpolated(pieces) => {
            parser.at += 1;
            ExprKind::Interpolated(parser.interpolated(pieces)?)
        }
        Kind::Word(word) => return keyword(parser, &word),
        Kind::Verbatim(_) => {
            let (name, types) = parser.generic_name()?;
            ExprKind::Name(name, types)
        }
        Kind::Sign("(") => {
            parser.at += 1;
            return parenthesized(parser, at.start);
        }
        Kind::Sign(sign) => return parser.fail(format!("Invalid expression term '{sign}'")),
        Kind::End => return parser.fail_after("Invalid expression term ''"),
    };
    Ok(Expr { kind, at: parser.since(at.start) })
}

fn keyword(parser: &mut Parser<'_>, word: &str) -> Parsed<Expr> {
    let at = parser.here();
    let kind = match word {
        "true" | "false" | "null" => {
            parser.at += 1;
            ExprKind::Literal(if word == "null" { Value::Null } else { Value::Bool(word == "true") })
        }
        "new" => {
            parser.at += 1;
            creation(parser)?
        }
        "default" => {
            parser.at += 1;
            let ty = if parser.eat("(") { Some(in_parentheses(parser)?) } else { None };
            ExprKind::Default(ty)
        }
        "delegate" if parser.ahead_is(1, "(") => return parser.anonymous_method(),
        "delegate" | "sizeof" | "stackalloc" | "await" => return parser.missing(&format!("'{word}'")),
        "from" if super::query::begins(parser) => return super::query::query(parser),
        "typeof" => {
            parser.at += 1;
            parser.expect("(")?;
            in_parentheses(parser)?;
            ExprKind::TypeOf
        }
        "checked" | "unchecked" if parser.ahead_is(1, "(") => {
            let checked = parser.is("checked");
            parser.at += 2;
            let value = parser.expression()?;
            parser.expect(")")?;
            ExprKind::Checked(checked, Box::new(value))
        }
        "nameof" if parser.ahead_is(1, "(") => {
            parser.at += 2;
            let value = parser.expression()?;
            parser.expect(")")?;
            name_of(parser, &value)?
        }
        _ if TYPES.contains(&word) => {
            parser.at += 1;
            let ty = TypeSyntax { kind: TypeKind::Named(word.to_owned(), Vec::new()), at: at.clone() };
            ExprKind::TypeName(ty)
        }
        _ if parser.is_identifier(0) => {
            let (name, types) = parser.generic_name()?;
            ExprKind::Name(name, types)
        }
        _ => return parser.fail(format!("Invalid expression term '{word}'")),
    };
    Ok(Expr { kind, at: parser.since(at.start) })
}

fn name_of(parser: &Parser<'_>, value: &Expr) -> Parsed<ExprKind> {
    match &value.kind {
        ExprKind::Name(name, _) | ExprKind::Member { name, .. } => Ok(ExprKind::NameOf(name.clone())),
        _ => parser.fail("Expression does not have a name."),
    }
}

fn in_parentheses(parser: &mut Parser<'_>) -> Parsed<TypeSyntax> {
    let ty = parser.ty()?;
    parser.expect(")")?;
    Ok(ty)
}

fn parenthesized(parser: &mut Parser<'_>, start: usize) -> Parsed<Expr> {
    let mut parts = Vec::new();
    loop {
        let name = if parser.is_identifier(0) && parser.ahead_is(1, ":") {
            let name = parser.identifier()?;
            parser.at += 1;
            Some(name)
        } else {
            None
        };
        parts.push((name, parser.expression()?));
        if !parser.eat(",") {
            break;
        }
    }
    parser.expect(")")?;
    if parts.len() == 1
        && let Some((None, only)) = parts.pop()
    {
        return Ok(Expr { kind: only.kind, at: parser.since(start) });
    }
    if parts.len() < 2 {
        return parser.fail("Tuple must contain at least two elements.");
    }
    Ok(Expr { kind: ExprKind::Tuple(parts), at: parser.since(start) })
}

fn creation(parser: &mut Parser<'_>) -> Parsed<ExprKind> {
    if parser.eat("{") {
        return anonymous(parser);
    }
    if parser.is("[") {
        parser.at += 1;
        parser.expect("]")?;
        parser.expect("{")?;
        let items = parser.items()?;
        return Ok(ExprKind::Array { element: None, size: None, items: Some(items) });
    }
    let ty = parser.ty()?;
    if parser.eat("[") {
        if parser.is(",") {
            return parser.missing("an array of several dimensions");
        }
        let size = parser.expression()?;
        if parser.is(",") {
            return parser.missing("an array of several dimensions");
        }
        parser.expect("]")?;
        let mut element = ty;
        while parser.is("[") && parser.ahead_is(1, "]") {
            parser.at += 2;
            let at = element.at.clone();
            element = TypeSyntax { kind: TypeKind::Array(Box::new(element)), at };
        }
        let items = if parser.eat("{") { Some(parser.items()?) } else { None };
        return Ok(ExprKind::Array { element: Some(element), size: Some(Box::new(size)), items });
    }
    if let TypeKind::Array(element) = ty.kind {
        if !parser.eat("{") {
            return parser.fail_after("Array creation must have array size or array initializer");
        }
        let items = parser.items()?;
        return Ok(ExprKind::Array { element: Some(*element), size: None, items: Some(items) });
    }
    let called = parser.eat("(");
    let arguments = if called { parser.arguments(")")? } else { Vec::new() };
    let initializer = if parser.is("{") { Some(parser.deeper(Parser::initializer)?) } else { None };
    if !called && initializer.is_none() {
        return parser.fail_after("A new expression requires (), [], or {} after type");
    }
    Ok(ExprKind::New { ty, arguments, initializer })
}

fn anonymous(parser: &mut Parser<'_>) -> Parsed<ExprKind> {
    let mut fields = Vec::new();
    while !parser.is("}") {
        if parser.is_identifier(0) && parser.ahead_is(1, "=") {
            let name = parser.identifier()?;
            parser.at += 1;
            fields.push((name, parser.expression()?));
        } else {
            let value = parser.expression()?;
            let ExprKind::NameOf(name) = name_of(parser, &value).or_else(|_| {
                parser.fail("Invalid anonymous type member declarator. Anonymous type members must be declared with a member assignment, simple name or member access.")
            })?
            else {
                continue;
            };
            fields.push((name, value));
        }
        if !parser.eat(",") {
            break;
        }
    }
    parser.expect("}")?;
    Ok(ExprKind::Anonymous(fields))
}
