//! `xsl:number`.
//! <https://www.w3.org/TR/xslt-10/#number>
//!
//! **Differs from Azure:** `lang` and `letter-value` have no effect.

use super::{Compiled, Instruction, boxed};
use crate::avt::Avt;
use crate::error::Error;
use crate::numbering::{Grouping, numbered};
use crate::pattern::Pattern;
use crate::run::Run;
use crate::stylesheet::{Compiler, Element};
use crate::tree::{Kind, Node};
use crate::xpath::{Expr, Focus};

#[derive(Debug)]
struct Number {
    value: Option<Expr>,
    level: Level,
    count: Option<Pattern>,
    from: Option<Pattern>,
    format: Avt,
    separator: Avt,
    size: Avt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Single,
    Multiple,
    Any,
}

impl Instruction for Number {
    fn execute(&self, run: &mut Run<'_>, focus: Focus) -> Result<(), Error> {
        let numbers = match &self.value {
            Some(value) => vec![value.number(run, focus)?],
            None => self.places(run, focus.node)?,
        };
        let format = self.format.text(run, focus)?;
        let format = if format.is_empty() { "1" } else { &format };
        let (separator, size) = (self.separator.text(run, focus)?, self.size.text(run, focus)?);
        let grouping = size.trim().parse().ok().filter(|size| *size > 0 && !separator.is_empty());
        let grouping = grouping.map(|size| Grouping { separator, size });
        let text = numbered(&numbers, format, grouping.as_ref());
        run.out()?.text(Kind::Text, &text)
    }
}

impl Number {
    /// The numbers of the node, outermost first.
    fn places(&self, run: &Run<'_>, node: Node) -> Result<Vec<f64>, Error> {
        if self.level == Level::Any {
            return self.any(run, node);
        }
        let mut places = Vec::new();
        for around in std::iter::once(node).chain(run.forest.ancestors(node)) {
            if self.counts(run, around, node)? {
                let mut place = 1;
                for beside in run.forest.siblings(around).take_while(|beside| *beside < around) {
                    place += u32::from(self.counts(run, beside, node)?);
                }
                places.push(f64::from(place));
                if self.level == Level::Single {
                    break;
                }
            }
            if around != node && self.begins(run, around)? {
                break;
            }
        }
        places.reverse();
        Ok(places)
    }

    /// How many are counted up to the node, since the last that begins anew.
    fn any(&self, run: &Run<'_>, node: Node) -> Result<Vec<f64>, Error> {
        let root = crate::tree::Forest::root(node);
        let mut count = 0;
        let before = run.forest.descendants(root).take_while(|other| *other <= node);
        let own = (run.forest.kind(node) == Kind::Attribute).then_some(node);
        for other in before.chain(own) {
            if other != node && self.begins(run, other)? {
                count = 0;
            }
            count += u32::from(self.counts(run, other, node)?);
        }
        Ok(if count == 0 { Vec::new() } else { vec![f64::from(count)] })
    }

    /// A node is one of those that are counted; without pattern, one like the node.
    fn counts(&self, run: &Run<'_>, other: Node, node: Node) -> Result<bool, Error> {
        run.work(1)?;
        let forest = &run.forest;
        match &self.count {
            Some(pattern) => pattern.matches(other, run),
            None => Ok(forest.kind(other) == forest.kind(node) && forest.name(other) == forest.name(node)),
        }
    }

    fn begins(&self, run: &Run<'_>, other: Node) -> Result<bool, Error> {
        self.from.as_ref().map_or(Ok(false), |pattern| pattern.matches(other, run))
    }
}

/// Compiles `xsl:number`.
pub fn compile(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Compiled {
    compiler.only(
        element,
        &[
            "level",
            "count",
            "from",
            "value",
            "format",
            "lang",
            "letter-value",
            "grouping-separator",
            "grouping-size",
        ],
    );
    compiler.empty(element);
    let level = match element.attribute("level") {
        None | Some("single") => Level::Single,
        Some("multiple") => Level::Multiple,
        Some("any") => Level::Any,
        Some(other) => return Err(compiler.invalid(element, "level", format!("'{other}' is not a level"))),
    };
    boxed(Number {
        value: compiler.expression(element, "value")?,
        level,
        count: compiler.pattern(element, "count")?,
        from: compiler.pattern(element, "from")?,
        format: compiler.template(element, "format")?.unwrap_or_default(),
        separator: compiler.template(element, "grouping-separator")?.unwrap_or_default(),
        size: compiler.template(element, "grouping-size")?.unwrap_or_default(),
    })
}
