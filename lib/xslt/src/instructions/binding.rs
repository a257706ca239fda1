//! `xsl:variable`, `xsl:param` and `xsl:with-param`: a name and its value.
//! <https://www.w3.org/TR/xslt-10/#variables>

use diagnostic::Diagnostic;

use super::{Body, Compiled, Instruction, boxed, is_xsl};
use crate::error::Error;
use crate::reader::is_blank;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::tree::QName;
use crate::xpath::{Expr, Focus, Value};

/// A name and its value.
#[derive(Debug)]
pub struct Binding {
    pub name: QName,
    bound: Bound,
}

#[derive(Debug)]
enum Bound {
    Nothing,
    Select(Expr),
    Content(Body),
}

impl Binding {
    /// Compiles a binding; its name is not in scope yet.
    pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Result<Self, Diagnostic> {
        compiler.only(element, &["name", "select"]);
        let name = compiler.name(element, "name")?;
        let name = compiler.required(element, "name", name)?;
        let content =
            |child: Element<'_, '_>| child.is_element() || !is_blank(child.text().unwrap_or_default());
        let bound = match compiler.expression(element, "select")? {
            Some(_) if element.children().any(content) => {
                return Err(compiler.problem(element, "a value is either in 'select' or between the tags"));
            }
            Some(select) => Bound::Select(select),
            None if element.children().any(content) => Bound::Content(compiler.body(element)),
            None => Bound::Nothing,
        };
        Ok(Self { name, bound })
    }

    /// The parameters that an element passes on.
    pub fn passed(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Result<Vec<Self>, Diagnostic> {
        let passed = element.children().filter(|child| is_xsl(*child, "with-param"));
        passed.map(|child| Self::compile(child, compiler)).collect()
    }

    /// What it comes to.
    pub fn value(&self, run: &mut Run<'_>, focus: Focus) -> Result<Value, Error> {
        match &self.bound {
            Bound::Nothing => Ok(Value::Text(String::new())),
            Bound::Select(select) => select.evaluate(run, focus),
            Bound::Content(body) => {
                let tree = run.capture(|run| body.execute(run, focus))?;
                Ok(Value::Fragment(run.forest.add(tree)))
            }
        }
    }

    /// The values of parameters that are passed on.
    pub fn values(bindings: &[Self], run: &mut Run<'_>, focus: Focus) -> Result<Vec<(QName, Value)>, Error> {
        bindings.iter().map(|binding| Ok((binding.name.clone(), binding.value(run, focus)?))).collect()
    }
}

impl Instruction for Binding {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let value = self.value(run, focus)?;
        run.set(self.name.clone(), value)
    }
}

/// Compiles `xsl:variable` in a template.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    let binding = Binding::compile(element, compiler)?;
    if compiler.scope.contains(&binding.name) {
        let message = format!("the variable or parameter '{}' is defined twice", binding.name.local);
        return Err(compiler.problem(element, message));
    }
    compiler.scope.push(binding.name.clone());
    boxed(binding)
}
