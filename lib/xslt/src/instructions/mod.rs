//! The instructions: one file each, or each small group, and one sorted line in [`INSTRUCTIONS`].
//! <https://www.w3.org/TR/xslt-10/#dt-instruction>

mod apply_templates;
mod attribute;
mod binding;
mod call_template;
mod conditional;
mod copy;
mod element;
mod for_each;
mod later;
mod literal;
mod message;
mod nodes;
mod number;
mod sort;
mod text;

use std::fmt::Debug;

use diagnostic::Diagnostic;

use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element, XSL};
use crate::xpath::Focus;

pub use binding::Binding;
pub use text::literal_text;

/// A compiled instruction.
pub trait Instruction: Debug + Send + Sync {
    /// Does what it says.
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error>;
}

/// A compiled instruction, if there is anything to do.
pub type Compiled = Result<Option<Box<dyn Instruction>>, Diagnostic>;

/// Instructions, one after the other.
#[derive(Debug, Default)]
pub struct Body(pub Vec<Box<dyn Instruction>>);

/// How an instruction is compiled.
type Compile = fn(Element<'_, '_>, &mut Compiler<'_>) -> Compiled;

/// All instructions.
pub const INSTRUCTIONS: &[(&str, Compile)] = &[
    ("apply-imports", apply_templates::compile_imports),
    ("apply-templates", apply_templates::compile),
    ("attribute", attribute::compile),
    ("call-template", call_template::compile),
    ("choose", conditional::compile_choose),
    ("comment", nodes::compile_comment),
    ("copy", copy::compile),
    ("copy-of", copy::compile_of),
    ("element", element::compile),
    ("fallback", |_, _| Ok(None)),
    ("for-each", for_each::compile),
    ("if", conditional::compile_if),
    ("message", message::compile),
    ("number", number::compile),
    ("processing-instruction", nodes::compile_instruction),
    ("text", text::compile),
    ("value-of", text::compile_value_of),
    ("variable", binding::compile),
];

/// What stands in certain instructions only.
const NESTED: &[&str] = &["otherwise", "param", "sort", "when", "with-param"];

impl Body {
    /// Does one after the other; variables end with them.
    pub fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        run.scoped(|run| {
            for instruction in &self.0 {
                run.work(1)?;
                instruction.execute(run, focus)?;
            }
            Ok(())
        })
    }

    /// The text that it makes.
    pub fn text(&self, run: &mut Run<'_>, focus: Focus) -> Result<String, Error> {
        Ok(run.capture(|run| self.execute(run, focus))?.string())
    }
}

/// Compiles an element in a template.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    let name = element.tag_name();
    if name.namespace() != Some(XSL) {
        return literal::compile(element, compiler);
    }
    let Some((_, compile)) = INSTRUCTIONS.iter().find(|(known, _)| *known == name.name()) else {
        if compiler.forwards && !NESTED.contains(&name.name()) {
            return later::compile(element, compiler);
        }
        let message = format!("'xsl:{}' cannot stand here", name.name());
        return Err(compiler.problem(element, message));
    };
    compile(element, compiler)
}

/// A node is the element of XSLT of that name.
pub fn is_xsl(node: Element<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().namespace() == Some(XSL) && node.tag_name().name() == name
}

#[expect(clippy::unnecessary_wraps, reason = "what the functions of the table answer")]
fn boxed(instruction: impl Instruction + 'static) -> Compiled {
    Ok(Some(Box::new(instruction)))
}
