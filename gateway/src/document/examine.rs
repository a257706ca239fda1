//! A document as its author sees it: everything that is wrong in it or worth knowing, and how far its expressions get.

use apim::{PolicyDocument, PolicyFormat};
use diagnostic::Diagnostic;

use super::compiler::Compiler;
use super::place::is_name;
use super::source::Source;
use super::{Element, Setting, codes, named, scanner};
use crate::pipeline::{ScopeKind, Section};
use crate::policies;

/// What there is to say about a document.
#[derive(Debug, Default)]
pub struct Examined {
    /// What kind of document it is, if it can be taken apart.
    pub kind: Option<Kind>,
    /// What is wrong, and what is worth knowing.
    pub found: Vec<Diagnostic>,
    /// Its expressions.
    pub expressions: Expressions,
}

/// What a policy text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole document.
    Document,
    /// A fragment.
    Fragment,
    /// The data source of a resolver.
    DataSource,
    /// Sections or policies without anything around them, as samples and snippets have them.
    Pieces,
}

/// What may be around the policies of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// What Azure asks for.
    Strict,
    /// Perhaps nothing.
    Anything,
}

/// How far the expressions of a document get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expressions {
    /// How many there are.
    pub found: usize,
    /// How many are C#.
    pub parsed: usize,
    /// How many have types.
    pub bound: usize,
    /// How many do not end, so that what is behind them is a guess.
    pub open: usize,
}

impl Expressions {
    /// Counts one more. One that may be right, whatever a name without a value or a place to fill in stands for, is not
    /// held against the document: nothing is wrong then.
    pub fn count<T>(&mut self, outcome: &Result<T, Vec<Diagnostic>>) {
        let problems = outcome.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        let syntax = |problem: &Diagnostic| matches!(problem.code, codes::SYNTAX | expression::code::SYNTAX);
        self.found += 1;
        self.parsed += usize::from(!problems.iter().any(syntax));
        self.bound += usize::from(problems.iter().all(is_filled_in_later));
    }
}

/// A name that nobody declared because a program puts something in its place.
fn is_filled_in_later(problem: &Diagnostic) -> bool {
    let name = problem.message.strip_prefix("The name '").and_then(|rest| rest.split('\'').next());
    problem.code == expression::code::UNKNOWN_NAME && name.is_some_and(is_name)
}

/// Examines a document.
pub fn examine(document: &PolicyDocument, setting: Setting<'_>, around: Around) -> Examined {
    let taken_apart = Source::expand(&document.text, setting.library.named_values)
        .and_then(|source| Ok((take_apart(&source, document.format, around)?, source)));
    let ((kind, root), source) = match taken_apart {
        Ok(taken_apart) => taken_apart,
        Err(problem) => {
            return Examined { found: vec![named(problem, &document.path)], ..Examined::default() };
        }
    };
    let mut compiler = Compiler::new(&source, &document.path, setting);
    match kind {
        Kind::Document => drop(compiler.sections(&root)),
        Kind::Fragment => {
            compiler.no_attributes(&root);
            compiler.policies(&root);
        }
        Kind::DataSource => drop(compiler.data_source(&root)),
        Kind::Pieces => drop(compiler.policies(&root)),
    }
    compiler.remaining_expressions(&root);
    let expressions = compiler.expressions;
    let mut found = compiler.finish();
    found.extend(super::advice::advice(&root, &source, (kind, setting)));
    found.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.bytes.start));
    let found = found.into_iter().map(|problem| named(problem, &document.path)).collect();
    Examined { kind: Some(kind), found, expressions }
}

fn take_apart(
    source: &Source<'_>,
    format: PolicyFormat,
    around: Around,
) -> Result<(Kind, Element), Diagnostic> {
    if around == Around::Anything {
        let pieces = scanner::pieces(source, format)?;
        let names: Vec<&str> = pieces.elements().map(|element| element.name.as_str()).collect();
        let whole = matches!(names.as_slice(), ["policies" | "fragment"]);
        let sections = names.iter().all(|name| Section::named(name).is_some());
        let known = names.iter().any(|name| policies::find(name).is_some());
        match (whole, sections && !names.is_empty(), known) {
            (true, ..) => {}
            (_, true, _) => {
                return Ok((Kind::Document, Element { name: "policies".to_owned(), ..pieces }));
            }
            (.., true) => return Ok((Kind::Pieces, pieces)),
            (.., false) => {
                let span = pieces.elements().next().map_or(0..0, |element| element.name_span.clone());
                return Err(source.problem(codes::ELEMENT, &span, "this is no policy".to_owned()));
            }
        }
    }
    let root = scanner::scan(source, format)?;
    let kind = match root.name.as_str() {
        "fragment" => Kind::Fragment,
        name if policies::find(name).is_some_and(|row| row.scopes == [ScopeKind::Resolver]) => {
            Kind::DataSource
        }
        _ => Kind::Document,
    };
    Ok((kind, root))
}
