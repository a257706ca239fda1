//! XSLT 1.0 over XPath 1.0: a stylesheet is compiled once and turns documents of XML into text.
//! <https://www.w3.org/TR/xslt-10/>
//!
//! Nothing is read but the document: `xsl:import`, `xsl:include` and `document()` are refused, scripts and document
//! types too. Work, depth and size are bounded, so that every transformation ends.
//!
//! **Differs from Azure:** `lang` of `xsl:sort` and of `xsl:number` has no effect, and texts are sorted without regard
//! to a culture. Prefixes of the names in `key()`, `format-number()` and `system-property()` are not looked up.

mod avt;
mod builder;
mod decimal_format;
mod error;
mod functions;
mod instructions;
mod numbering;
mod output;
mod pattern;
mod reader;
mod run;
mod stylesheet;
mod tree;
mod xpath;

pub use error::Error;
pub use stylesheet::{Stylesheet, code};

/// When this much of the stack is left, another segment is taken.
const RED_ZONE: usize = 256 << 10;
/// What a segment holds.
const SEGMENT: usize = 2 << 20;

/// Runs a step of a recursion over nested input.
fn deep<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, SEGMENT, step)
}
