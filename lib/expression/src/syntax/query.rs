//! Query expressions, `from x in … where … orderby … select …`: calls of the operators of LINQ, as C#'s specification
//! translates them.
//!
//! **Differs from Azure:** `let`, `join`, `into` and a second `from` are not there yet, and are refused as such.

use super::ast::{Argument, Body, Expr, ExprKind, Lambda, Mode};
use super::parser::{Parsed, Parser};

/// Whether a query begins here, rather than something named `from`.
pub fn begins(parser: &Parser<'_>) -> bool {
    parser.ahead_is(2, "in") || parser.ahead_is(3, "in")
}

/// A query, from its `from` on.
pub fn query(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let start = parser.here().start;
    parser.at += 1;
    if !parser.ahead_is(1, "in") {
        return parser.missing("a query whose variable has a type");
    }
    let variable = parser.identifier()?;
    parser.at += 1;
    let mut source = parser.expression()?;
    loop {
        source = if parser.eat("where") {
            clause(parser, (start, &variable), source, "Where")?
        } else if parser.eat("orderby") {
            ordered(parser, (start, &variable), source)?
        } else if parser.eat("select") {
            source = clause(parser, (start, &variable), source, "Select")?;
            break;
        } else if parser.eat("group") {
            source = grouped(parser, (start, &variable), source)?;
            break;
        } else if ["from", "let", "join"].iter().any(|word| parser.is(word)) {
            return parser.missing("a query with several variables");
        } else {
            return parser.fail("A query body must end with a select clause or a group clause");
        };
    }
    if parser.is("into") { parser.missing("'into' in a query") } else { Ok(source) }
}

/// What follows the word of a clause, as a lambda of the variable.
fn lambda(parser: &mut Parser<'_>, variable: &str) -> Parsed<Argument> {
    let (start, from) = (parser.here().start, parser.at);
    let body = parser.deeper(Parser::expression)?;
    parser.capture(from);
    let lambda = Lambda { parameters: vec![(None, variable.to_owned())], body: Body::Expr(body) };
    let value = Expr { kind: ExprKind::Lambda(Box::new(lambda)), at: parser.since(start) };
    Ok(Argument { name: None, mode: Mode::Value, value })
}

fn call(parser: &Parser<'_>, (start, method): (usize, &str), target: Expr, arguments: Vec<Argument>) -> Expr {
    let at = target.at.clone();
    let member = ExprKind::Member {
        target: Box::new(target),
        name: method.to_owned(),
        types: Vec::new(),
        name_at: at.clone(),
    };
    let kind = ExprKind::Call(Box::new(Expr { kind: member, at }), arguments);
    Expr { kind, at: parser.since(start) }
}

fn clause(
    parser: &mut Parser<'_>,
    (start, variable): (usize, &str),
    source: Expr,
    method: &str,
) -> Parsed<Expr> {
    let argument = lambda(parser, variable)?;
    Ok(call(parser, (start, method), source, vec![argument]))
}

fn ordered(parser: &mut Parser<'_>, (start, variable): (usize, &str), mut source: Expr) -> Parsed<Expr> {
    let mut first = true;
    loop {
        let key = lambda(parser, variable)?;
        let descending = parser.eat("descending");
        if !descending {
            parser.eat("ascending");
        }
        let method = match (first, descending) {
            (true, false) => "OrderBy",
            (true, true) => "OrderByDescending",
            (false, false) => "ThenBy",
            (false, true) => "ThenByDescending",
        };
        source = call(parser, (start, method), source, vec![key]);
        first = false;
        if !parser.eat(",") {
            return Ok(source);
        }
    }
}

fn grouped(parser: &mut Parser<'_>, (start, variable): (usize, &str), source: Expr) -> Parsed<Expr> {
    let element = lambda(parser, variable)?;
    parser.expect("by")?;
    let key = lambda(parser, variable)?;
    Ok(call(parser, (start, "GroupBy"), source, vec![key, element]))
}
