//! A transformation under way: its trees, variables and outputs, and how much it has done.
//! <https://www.w3.org/TR/xslt-10/#section-Processing-Model>

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::builder::Builder;
use crate::error::Error;
use crate::stylesheet::{Stylesheet, Template};
use crate::tree::{Forest, Kind, Node, QName, Tree};
use crate::xpath::{Focus, Value};

/// How much a transformation may do: instructions, expressions and nodes that are looked at.
const WORK: usize = 20_000_000;

/// How many bytes a text, or what is built, may have.
const BYTES: usize = 16 << 20;

/// How many bytes all variables and fragments together may have, those that are gone too.
const KEPT: usize = 256 << 20;

/// What a node of a tree takes, its text apart.
const NODE: usize = 128;

/// How deep templates may call templates.
const DEPTH: usize = 3_000;

/// The nodes of a key by their values.
type Index = HashMap<String, Vec<Node>>;

/// A transformation under way.
#[derive(Debug)]
pub struct Run<'s> {
    pub sheet: &'s Stylesheet,
    pub forest: Forest,
    /// The mode of the template at work.
    pub mode: Option<QName>,
    globals: HashMap<QName, Option<Value>>,
    locals: Vec<(QName, Value)>,
    /// Where the variables of the template at work begin.
    frame: usize,
    outputs: Vec<Builder>,
    depth: usize,
    keys: RefCell<HashMap<(u32, String), Index>>,
    work: Cell<usize>,
    kept: usize,
}

impl<'s> Run<'s> {
    /// Begins to transform a document.
    pub fn new(sheet: &'s Stylesheet, document: Tree) -> Self {
        let mut forest = Forest::default();
        forest.add(document);
        Self {
            sheet,
            forest,
            mode: None,
            globals: HashMap::new(),
            locals: Vec::new(),
            frame: 0,
            outputs: vec![Builder::default()],
            depth: 0,
            keys: RefCell::default(),
            work: Cell::new(0),
            kept: 0,
        }
    }

    /// Transforms the document with these parameters.
    pub fn result(mut self, parameters: &[(String, String)]) -> Result<Tree, Error> {
        let sheet = self.sheet;
        for global in sheet.globals.iter().filter(|global| global.is_parameter) {
            let given = parameters.iter().find(|(name, _)| **name == *global.binding.name.local);
            if let Some((_, value)) = given {
                self.globals.insert(global.binding.name.clone(), Some(Value::Text(value.clone())));
            }
        }
        let root = Node { tree: 0, index: 0, namespace: 0 };
        for global in &sheet.globals {
            self.global(&global.binding.name, root)?;
        }
        self.apply(&[root], None, &[])?;
        Ok(self.outputs.pop().unwrap_or_default().finish())
    }

    /// Gives a global variable its value; others that it needs get theirs before.
    fn global(&mut self, name: &QName, root: Node) -> Result<(), Error> {
        let sheet = self.sheet;
        if self.globals.get(name).is_some_and(Option::is_some) {
            return Ok(());
        }
        if self.globals.insert(name.clone(), None).is_some() {
            return Err(Error::Global(name.clone()));
        }
        let Some(global) = sheet.globals.iter().find(|global| global.binding.name == *name) else {
            return Err(Error::Global(name.clone()));
        };
        let value = loop {
            let (outputs, locals) = (self.outputs.len(), self.locals.len());
            match global.binding.value(self, Focus::on(root)) {
                Err(Error::Global(needed)) => {
                    self.outputs.truncate(outputs);
                    self.locals.truncate(locals);
                    (self.frame, self.depth, self.mode) = (0, 0, None);
                    crate::deep(|| self.global(&needed, root))?;
                }
                value => break value?,
            }
        };
        self.globals.insert(name.clone(), Some(value));
        Ok(())
    }

    /// The value of a variable.
    pub fn variable(&self, name: &QName) -> Result<Value, Error> {
        let locals = self.locals.get(self.frame..).unwrap_or_default();
        if let Some((_, value)) = locals.iter().rev().find(|(known, _)| known == name) {
            if let Value::Nodes(nodes) = value {
                self.work(nodes.len() / 4)?;
            }
            return Ok(value.clone());
        }
        self.globals.get(name).cloned().flatten().ok_or_else(|| Error::Global(name.clone()))
    }

    /// Counts what is done.
    pub fn work(&self, amount: usize) -> Result<(), Error> {
        let done = self.work.get().saturating_add(amount);
        self.work.set(done);
        if done > WORK { Err(Error::Limit("20,000,000 steps")) } else { Ok(()) }
    }

    /// A text of this length may be made.
    pub fn fits(&self, length: usize) -> Result<(), Error> {
        self.work(1)?;
        if length > BYTES { Err(Error::Limit("16 MiB of text")) } else { Ok(()) }
    }

    /// Where the result goes.
    pub fn out(&mut self) -> Result<&mut Builder, Error> {
        let built: usize = self.outputs.iter().map(Builder::bytes).sum();
        self.fits(built)?;
        self.outputs.last_mut().ok_or_else(|| Error::evaluation("there is no output"))
    }

    /// Adds a copy of a node with all that is below it.
    pub fn copy(&mut self, node: Node) -> Result<(), Error> {
        let below = self.forest.data(node).map_or(0, |data| data.end.saturating_sub(node.index));
        self.work(below as usize)?;
        self.out()?;
        let Self { forest, outputs, .. } = self;
        outputs.last_mut().map_or(Ok(()), |output| output.copy(forest, node))
    }

    /// Adds a copy of a node alone; an element stays open.
    pub fn copy_one(&mut self, node: Node) -> Result<(), Error> {
        let Self { forest, outputs, .. } = self;
        outputs.last_mut().map_or(Ok(()), |output| output.copy_one(forest, node))
    }

    /// What something builds.
    pub fn capture(&mut self, build: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<Tree, Error> {
        self.outputs.push(Builder::default());
        build(self)?;
        let builder = self.outputs.pop().unwrap_or_default();
        let bytes = builder.bytes();
        let tree = builder.finish();
        self.keep(tree.nodes.len() * NODE + bytes)?;
        Ok(tree)
    }

    /// Counts what is kept until the end.
    fn keep(&mut self, bytes: usize) -> Result<(), Error> {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > KEPT { Err(Error::Limit("256 MiB of variables and fragments")) } else { Ok(()) }
    }

    /// Gives a variable of the template at work its value.
    pub fn set(&mut self, name: QName, value: Value) -> Result<(), Error> {
        self.keep(match &value {
            Value::Text(text) => text.len(),
            Value::Nodes(nodes) => size_of_val(nodes.as_slice()),
            _ => 0,
        })?;
        self.locals.push((name, value));
        Ok(())
    }

    /// Does something whose variables end with it.
    pub fn scoped(&mut self, act: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        let mark = self.locals.len();
        act(self)?;
        self.locals.truncate(mark);
        Ok(())
    }

    /// Applies to each node the template that is for it.
    pub fn apply(
        &mut self,
        nodes: &[Node],
        mode: Option<&QName>,
        parameters: &[(QName, Value)],
    ) -> Result<(), Error> {
        for (before, node) in nodes.iter().enumerate() {
            let focus = Focus { node: *node, position: before + 1, size: nodes.len(), current: *node };
            match self.sheet.rule(*node, mode, self)? {
                Some(template) => {
                    let around = std::mem::replace(&mut self.mode, mode.cloned());
                    self.call(template, focus, parameters)?;
                    self.mode = around;
                }
                None => self.built_in(*node, mode)?,
            }
        }
        Ok(())
    }

    /// What happens to nodes that no template is for.
    pub fn built_in(&mut self, node: Node, mode: Option<&QName>) -> Result<(), Error> {
        match self.forest.kind(node) {
            Kind::Root | Kind::Element => {
                let children: Vec<Node> = self.forest.children(node).collect();
                self.work(children.len())?;
                self.deeper(|run| run.apply(&children, mode, &[]))
            }
            Kind::Text | Kind::Raw | Kind::Attribute => {
                let text = self.forest.string(node);
                self.out()?.text(Kind::Text, &text)
            }
            _ => Ok(()),
        }
    }

    /// Runs a template with these parameters.
    pub fn call(
        &mut self,
        template: &Template,
        focus: Focus,
        parameters: &[(QName, Value)],
    ) -> Result<(), Error> {
        let (frame, mark) = (self.frame, self.locals.len());
        self.frame = mark;
        for parameter in &template.parameters {
            let given = parameters.iter().find(|(name, _)| *name == parameter.name);
            let value = match given {
                Some((_, value)) => value.clone(),
                None => parameter.value(self, focus)?,
            };
            self.set(parameter.name.clone(), value)?;
        }
        self.deeper(|run| template.body.execute(run, focus))?;
        self.locals.truncate(mark);
        self.frame = frame;
        Ok(())
    }

    /// Adds the attributes of sets to the open element.
    pub fn attributes(&mut self, sets: &[QName], focus: Focus) -> Result<(), Error> {
        let sheet = self.sheet;
        for name in sets {
            let known = sheet.attribute_sets.get(name);
            let message = || format!("there is no attribute set '{}'", name.local);
            for set in known.ok_or_else(|| Error::evaluation(message()))? {
                let frame = std::mem::replace(&mut self.frame, self.locals.len());
                self.deeper(|run| {
                    run.attributes(&set.uses, focus)?;
                    set.body.execute(run, focus)
                })?;
                self.frame = frame;
            }
        }
        Ok(())
    }

    fn deeper(&mut self, act: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Error::Limit("3,000 templates inside each other"));
        }
        crate::deep(|| act(self))?;
        self.depth -= 1;
        Ok(())
    }

    /// The nodes of the tree of `node` whose key `name` has one of the values.
    pub fn key(&self, node: Node, name: &str, values: &[String]) -> Result<Vec<Node>, Error> {
        let place = (node.tree, name.to_owned());
        if !self.keys.borrow().contains_key(&place) {
            // A key that asks for itself finds nothing.
            self.keys.borrow_mut().insert(place.clone(), Index::new());
            let index = self.index(Forest::root(node), name);
            self.keys.borrow_mut().remove(&place);
            self.keys.borrow_mut().insert(place.clone(), index?);
        }
        let keys = self.keys.borrow();
        let index = keys.get(&place);
        let found = values.iter().filter_map(|value| index?.get(value)).flatten();
        Ok(crate::xpath::in_order(found.copied().collect()))
    }

    fn index(&self, root: Node, name: &str) -> Result<Index, Error> {
        let mut index = Index::new();
        let sheet = self.sheet;
        let mut known = false;
        for key in sheet.keys.iter().filter(|key| *key.name.local == *name) {
            known = true;
            for node in std::iter::once(root).chain(self.forest.descendants(root)) {
                for node in std::iter::once(node).chain(self.forest.attributes(node)) {
                    if !key.pattern.matches(node, self)? {
                        continue;
                    }
                    let values = match key.value.evaluate(self, Focus::on(node))? {
                        Value::Nodes(nodes) => nodes.iter().map(|node| self.forest.string(*node)).collect(),
                        other => vec![other.string(&self.forest)],
                    };
                    for value in values {
                        index.entry(value).or_default().push(node);
                    }
                }
            }
        }
        if known { Ok(index) } else { Err(Error::evaluation(format!("there is no key '{name}'"))) }
    }
}
