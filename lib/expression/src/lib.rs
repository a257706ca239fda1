//! Policy expressions: the C# 7 that Azure API Management runs in `@(…)` and `@{ … }`, compiled and evaluated.
//!
//! Follows <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions>. Knows nothing of HTTP
//! and of the gateway: `context` is what the [`Host`] says it is.
//!
//! **Differs from Azure:** what Azure has and this crate has not is refused with [`code::NOT_IMPLEMENTED`]. Exception
//! texts are those of .NET 8. Cultures: everything is invariant.
#![deny(missing_docs)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "C#'s numeric conversions truncate, wrap and round"
)]
#![expect(clippy::unnecessary_wraps, reason = "every member of a .NET type runs through one signature")]
#![expect(
    clippy::unused_self,
    reason = "the steps of the binder and the parser are methods, whatever they need"
)]

mod bind;
pub mod code;
mod collation;
mod failure;
mod format;
mod host;
mod json;
mod number;
mod registry;
mod run;
mod stack;
mod syntax;
mod text;
mod time;
mod ty;
mod types;
mod value;
mod xml;

use diagnostic::Diagnostic;

pub use failure::Failure;
pub use host::{Host, Memory, Object, Preserve, join, walk};
pub use number::double;
pub use run::{Limits, Part};
pub use text::{Str, Text};
pub use ty::Type;
pub use types::{Certificate, certificate, jwt};
pub use value::Value;

use syntax::lexer;
use syntax::parser::Parser;

/// How an expression is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `@( … )`
    Expression,
    /// `@{ … return …; }`
    Block,
}

/// Where an expression stands.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// What its value must convert to implicitly; anything if there is nothing here.
    pub result: Option<Type>,
    /// Whether [`Expression::explain`] tells the values of parts; such an expression is slower.
    pub parts: bool,
}

/// A compiled expression; can be evaluated by many threads at once.
pub struct Expression {
    function: run::function::Function,
    ty: Type,
    warnings: Vec<Diagnostic>,
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Expression<{}>", self.ty)
    }
}

/// Compiles the text between the parentheses or braces.
pub fn compile(source: &str, form: Form, environment: &Environment) -> Result<Expression, Vec<Diagnostic>> {
    let tokens = lexer::tokens(source).map_err(|problem| vec![problem])?;
    let mut parser = Parser::new(source, tokens);
    let bound = match form {
        Form::Expression => {
            let tree =
                parser.expression().and_then(|tree| parser.end().map(|()| tree)).map_err(|p| vec![p])?;
            bind::expression((source, environment), &tree, std::mem::take(&mut parser.captured))
        }
        Form::Block => {
            let tree = parser.program().map_err(|problem| vec![problem])?;
            bind::block((source, environment), &tree, std::mem::take(&mut parser.captured))
        }
    };
    let bind::Compiled { function, ty, warnings } = bound.map_err(|problem| vec![*problem])?;
    Ok(Expression { function, ty, warnings })
}

impl Expression {
    /// The static type of its value.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// What is right in it and probably not meant.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Its value in a context.
    pub fn evaluate(&self, host: &dyn Host, limits: &Limits) -> Result<Value, Failure> {
        let mut machine = run::Machine::new(host, limits);
        machine.run(&self.function, &[], &[]).map_err(Failure::from)
    }

    /// Its value in a context, and the values of its parts if it was compiled for that.
    pub fn explain(&self, host: &dyn Host, limits: &Limits) -> Explanation {
        let mut machine = run::Machine::new(host, limits);
        let value = machine.run(&self.function, &[], &[]).map_err(Failure::from);
        (value, std::mem::take(&mut machine.rare().parts))
    }
}

/// The `DateTime` that Json.NET makes of a text that looks like ISO 8601.
pub fn iso_date(text: &str) -> Option<Value> {
    types::parse_iso(&Value::text(text))
}

/// The JSON of a token of Json.NET; `None` for any other value.
pub fn json_text(value: &Value) -> Option<String> {
    match value {
        Value::Json(token) => Some(token.json(false)),
        _ => None,
    }
}

/// What became of an evaluation, and the values of parts on the way, innermost first.
pub type Explanation = (Result<Value, Failure>, Vec<Part>);

/// The token of Json.NET that a text of JSON says.
pub fn json(text: &str) -> Option<Value> {
    json::parse(text, false).ok().map(Value::Json)
}

/// What `ToString` answers; the empty string for `null`.
pub fn text(value: &Value, host: &dyn Host, limits: &Limits) -> Result<String, Failure> {
    match value {
        Value::Null => return Ok(String::new()),
        Value::String(text) => return Ok(text.text().into_owned()),
        _ => {}
    }
    let mut machine = run::Machine::new(host, limits);
    let text = run::convert::text(&mut machine, value).map_err(Failure::from)?;
    Ok(text.text().into_owned())
}
