//! Liquid, as `set-body` has it: `DotLiquid` with C# names for filters and .NET's formats.
//! <https://learn.microsoft.com/azure/api-management/set-body-policy#using-liquid-templates-with-set-body>
//!
//! A template is parsed once, when its policy is saved. Rendering takes some steps and some memory, never more.
//!
//! **Differs from Azure:** what a template may not use is refused when it is saved, in the words of `DotLiquid`; Azure's are
//! not published. Tags that reach for files (`include`, `extends`, `block`) do not exist.

mod body;
mod filters;
mod lexer;
mod parser;
mod render;
mod value;

use std::sync::Arc;

pub use body::Reading;
pub use value::Value;

use parser::Node;

/// How deep blocks may be nested.
const DEPTH: usize = 64;

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    nodes: Arc<[Node]>,
    unknown: Arc<[String]>,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = parser::Parser::new(lexer::pieces(text)?);
        let nodes = parser.template()?;
        let mut unknown: Vec<String> =
            parser.filters.into_iter().filter(|name| filters::find(name).is_none()).collect();
        unknown.sort();
        unknown.dedup();
        Ok(Self { nodes: nodes.into(), unknown: unknown.into() })
    }

    /// The filters that it uses and that do not exist; they change nothing.
    pub fn unknown_filters(&self) -> &[String] {
        &self.unknown
    }

    /// What it says with `body` and `context`.
    ///
    /// # Errors
    /// It takes more than it may, or a filter failed.
    pub fn render(&self, body: Value, context: Value) -> Result<String, String> {
        render::Renderer::new(body, context).run(&self.nodes)
    }
}

#[cfg(test)]
mod tests;
