//! `xsl:if` and `xsl:choose`.
//! <https://www.w3.org/TR/xslt-10/#section-Conditional-Processing>

use super::{Body, Compiled, Instruction, boxed, is_xsl};
use crate::error::Error;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::xpath::{Expr, Focus};

/// The first branch whose test holds, else the last.
#[derive(Debug)]
struct Choose {
    branches: Vec<(Expr, Body)>,
    otherwise: Body,
}

impl Instruction for Choose {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        for (test, body) in &self.branches {
            if test.boolean(run, focus)? {
                return body.execute(run, focus);
            }
        }
        self.otherwise.execute(run, focus)
    }
}

/// Compiles `xsl:if`.
pub fn compile_if(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &["test"]);
    let test = compiler.needed_expression(element, "test")?;
    let branches = vec![(test, compiler.body(element))];
    boxed(Choose { branches, otherwise: Body::default() })
}

/// Compiles `xsl:choose`.
pub fn compile_choose(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(element, &[]);
    let (mut branches, mut otherwise) = (Vec::new(), None);
    for child in element.children().filter(Element::is_element) {
        if is_xsl(child, "when") && otherwise.is_none() {
            compiler.only(child, &["test"]);
            let test = compiler.needed_expression(child, "test")?;
            branches.push((test, compiler.body(child)));
        } else if is_xsl(child, "otherwise") && otherwise.is_none() {
            compiler.only(child, &[]);
            otherwise = Some(compiler.body(child));
        } else {
            let message = "'xsl:choose' holds 'xsl:when' elements, then perhaps one 'xsl:otherwise'";
            return Err(compiler.problem(child, message));
        }
    }
    if branches.is_empty() {
        return Err(compiler.problem(element, "'xsl:choose' needs an 'xsl:when'"));
    }
    boxed(Choose { branches, otherwise: otherwise.unwrap_or_default() })
}
