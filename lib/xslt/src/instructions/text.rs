//! `xsl:text`, `xsl:value-of`, and text that stands in a template.
//! <https://www.w3.org/TR/xslt-10/#section-Creating-Text>

use super::{Compiled, Instruction, boxed};
use crate::error::Error;
use crate::reader::{is_blank, keeps_blanks};
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::tree::Kind;
use crate::xpath::{Expr, Focus};

#[derive(Debug)]
struct Text {
    text: String,
    kind: Kind,
}

#[derive(Debug)]
struct ValueOf {
    select: Expr,
    kind: Kind,
}

impl Instruction for Text {
    fn execute(&self, run: &mut Run<'_>, _: Focus) -> Result<(), Error> {
        run.out()?.text(self.kind, &self.text)
    }
}

impl Instruction for ValueOf {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let text = self.select.string(run, focus)?;
        run.out()?.text(self.kind, &text)
    }
}

/// Text in a template; blanks alone are none, unless `xml:space` keeps them.
pub fn literal_text(node: Element<'_, '_>) -> Option<Box<dyn Instruction>> {
    let text = node.text().filter(|_| node.is_text())?;
    let keeps = || node.ancestors().skip(1).find_map(keeps_blanks).unwrap_or(false);
    if is_blank(text) && !keeps() {
        return None;
    }
    Some(Box::new(Text { text: text.to_owned(), kind: Kind::Text }))
}

/// Compiles `xsl:text`.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["disable-output-escaping"]);
    if element.children().any(|child| child.is_element()) {
        return Err(compiler.problem(element, "'xsl:text' holds nothing but text"));
    }
    let text = element.children().filter(Element::is_text).filter_map(|child| child.text()).collect();
    let kind = kind(element, compiler)?;
    boxed(Text { text, kind })
}

/// Compiles `xsl:value-of`.
pub fn compile_value_of(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["select", "disable-output-escaping"]);
    compiler.empty(element);
    let select = compiler.needed_expression(element, "select")?;
    let kind = kind(element, compiler)?;
    boxed(ValueOf { select, kind })
}

fn kind(element: Element<'_, '_>, compiler: &Compiler<'_>) -> Result<Kind, diagnostic::Diagnostic> {
    let raw = compiler.yes(element, "disable-output-escaping")?.unwrap_or(false);
    Ok(if raw { Kind::Raw } else { Kind::Text })
}
