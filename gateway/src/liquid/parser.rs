//! Templates as trees.

use super::lexer::{Piece, Word, words};
use super::{DEPTH, Value};

/// A part of a template.
#[derive(Debug, Clone)]
pub enum Node {
    /// Text as it is.
    Text(String),
    /// `{{ … }}`
    Output(Filtered),
    /// `{% assign name = … %}`
    Assign(String, Filtered),
    /// `{% capture name %}`
    Capture(String, Vec<Node>),
    /// `if`, `unless` and `case`: the first branch whose condition holds, or the last part.
    If(Vec<(Condition, Vec<Node>)>, Vec<Node>),
    /// `for`, `tablerow` and `JSONArrayFor`.
    For(Box<Loop>),
    /// `{% cycle group: a, b %}`
    Cycle(String, Vec<Operand>),
    /// `increment` and `decrement`: the name and the step.
    Count(String, i64),
    /// `{% break %}`
    Break,
    /// `{% continue %}`
    Continue,
}

/// A loop.
#[derive(Debug, Clone)]
pub struct Loop {
    pub form: LoopForm,
    pub variable: String,
    pub items: Operand,
    pub reversed: bool,
    pub limit: Option<Operand>,
    pub offset: Option<Operand>,
    pub columns: Option<Operand>,
    pub body: Vec<Node>,
    pub otherwise: Vec<Node>,
}

/// What a loop writes between its rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopForm {
    /// `for`: nothing.
    Plain,
    /// `tablerow`: rows and cells of HTML.
    Table,
    /// `JSONArrayFor`: commas.
    JsonArray,
}

/// A value and what is done with it.
#[derive(Debug, Clone)]
pub struct Filtered {
    pub value: Operand,
    pub filters: Vec<(String, Vec<Operand>)>,
}

/// A value as it is written.
#[derive(Debug, Clone)]
pub enum Operand {
    /// The same always.
    Literal(Value),
    /// `empty` and `blank`.
    Empty,
    /// `(a..b)`
    Range(Box<Self>, Box<Self>),
    /// `name.name[…]`
    Path(String, Vec<Operand>),
}

/// A condition. `and` and `or` are read from the right, whatever they are.
#[derive(Debug, Clone)]
pub enum Condition {
    Holds(Operand),
    Compare(Operand, Comparison, Operand),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    StartsWith,
    EndsWith,
    HasKey,
    HasValue,
}

type Parsed<T> = Result<T, String>;

/// A block: what is in it, and the tag that ended it.
type Block = (Vec<Node>, String, String);

/// Parses a template.
pub struct Parser {
    pieces: std::vec::IntoIter<Piece>,
    depth: usize,
    /// The filters that are used.
    pub filters: Vec<String>,
}

impl Parser {
    pub fn new(pieces: Vec<Piece>) -> Self {
        Self { pieces: pieces.into_iter(), depth: 0, filters: Vec::new() }
    }

    pub fn template(&mut self) -> Parsed<Vec<Node>> {
        let (nodes, _, _) = self.block(&[], "")?;
        Ok(nodes)
    }

    /// Everything up to one of `ends`; of the template if there are none.
    fn block(&mut self, ends: &[&str], of: &str) -> Parsed<Block> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("Liquid syntax error: blocks are nested deeper than {DEPTH} levels"));
        }
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            match piece {
                Piece::Text(text) => nodes.push(Node::Text(text)),
                Piece::Output(code) if code.is_empty() => {}
                Piece::Output(code) => nodes.push(Node::Output(self.filtered(&code)?)),
                Piece::Tag(name, arguments) if ends.contains(&name.as_str()) => {
                    self.depth -= 1;
                    return Ok((nodes, name, arguments));
                }
                Piece::Tag(name, arguments) => nodes.push(self.tag(&name, &arguments)?),
            }
        }
        self.depth -= 1;
        if ends.is_empty() {
            return Ok((nodes, String::new(), String::new()));
        }
        Err(format!("Liquid syntax error: {of} tag was never closed"))
    }

    fn tag(&mut self, name: &str, arguments: &str) -> Parsed<Node> {
        match name {
            "assign" => {
                let (variable, value) = arguments.split_once('=').ok_or(
                    "Liquid syntax error: Syntax Error in 'assign' - Valid syntax: assign [var] = [source]",
                )?;
                Ok(Node::Assign(variable.trim().to_owned(), self.filtered(value)?))
            }
            "capture" => {
                let (body, _, _) = self.block(&["endcapture"], name)?;
                Ok(Node::Capture(arguments.trim_matches(['\'', '"', ' ']).to_owned(), body))
            }
            "if" => self.branches(name, condition(arguments)?),
            "unless" => self.branches(name, Condition::Not(Box::new(condition(arguments)?))),
            "case" => self.case(arguments),
            "for" => self.repeat(LoopForm::Plain, name, arguments),
            "tablerow" => self.repeat(LoopForm::Table, name, arguments),
            "JSONArrayFor" => self.repeat(LoopForm::JsonArray, name, arguments),
            "cycle" => cycle(arguments),
            "increment" => Ok(Node::Count(arguments.to_owned(), 1)),
            "decrement" => Ok(Node::Count(arguments.to_owned(), -1)),
            "break" => Ok(Node::Break),
            "continue" => Ok(Node::Continue),
            "else" | "elsif" | "when" => Err(format!("Liquid syntax error: '{name}' outside of its tag")),
            _ if name.starts_with("end") => {
                Err(format!("Liquid syntax error: '{name}' without its beginning"))
            }
            _ => Err(format!("Liquid syntax error: Unknown tag '{name}'")),
        }
    }

    fn branches(&mut self, name: &str, first: Condition) -> Parsed<Node> {
        let end = format!("end{name}");
        let mut branches = Vec::new();
        let mut test = first;
        loop {
            let (body, tag, arguments) = self.block(&["elsif", "else", &end], name)?;
            branches.push((test, body));
            match tag.as_str() {
                "elsif" => test = condition(&arguments)?,
                "else" => {
                    let (otherwise, _, _) = self.block(&[&end], name)?;
                    return Ok(Node::If(branches, otherwise));
                }
                _ => return Ok(Node::If(branches, Vec::new())),
            }
        }
    }

    fn case(&mut self, arguments: &str) -> Parsed<Node> {
        let value = operand(arguments)?;
        let (_, mut tag, mut arguments) = self.block(&["when", "else", "endcase"], "case")?;
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        while tag != "endcase" {
            let (body, next, more) = self.block(&["when", "else", "endcase"], "case")?;
            if tag == "else" {
                otherwise = body;
            } else {
                branches.push((any_of(&value, &arguments)?, body));
            }
            (tag, arguments) = (next, more);
        }
        Ok(Node::If(branches, otherwise))
    }

    fn repeat(&mut self, form: LoopForm, name: &str, arguments: &str) -> Parsed<Node> {
        let mut cursor = Cursor::new(arguments)?;
        let wrong = || {
            format!(
                "Liquid syntax error: Syntax Error in '{name} loop' - Valid syntax: {name} [item] in [collection]"
            )
        };
        let variable = cursor.name().ok_or_else(wrong)?;
        if cursor.name().as_deref() != Some("in") {
            return Err(wrong());
        }
        let items = cursor.operand()?;
        let (mut reversed, mut limit, mut offset, mut columns) = (false, None, None, None);
        while let Some(word) = cursor.next() {
            match word {
                Word::Name(option) if option == "reversed" => reversed = true,
                Word::Name(option) if matches!(option.as_str(), "limit" | "offset" | "cols") => {
                    cursor.expect(":")?;
                    let value = Some(cursor.operand()?);
                    match option.as_str() {
                        "limit" => limit = value,
                        "offset" => offset = value,
                        _ => columns = value,
                    }
                }
                Word::Sign(",") => {}
                _ => return Err(wrong()),
            }
        }
        let end = format!("end{name}");
        let (body, tag, _) = self.block(&["else", &end], name)?;
        let otherwise = if tag == "else" { self.block(&[&end], name)?.0 } else { Vec::new() };
        Ok(Node::For(Box::new(Loop {
            form,
            variable,
            items,
            reversed,
            limit,
            offset,
            columns,
            body,
            otherwise,
        })))
    }

    fn filtered(&mut self, code: &str) -> Parsed<Filtered> {
        let mut cursor = Cursor::new(code)?;
        let value = cursor.operand()?;
        let mut filters = Vec::new();
        while cursor.take("|") {
            let name = cursor.name().ok_or_else(|| cursor.wrong("a filter"))?;
            self.filters.push(name.clone());
            let mut arguments = Vec::new();
            if cursor.take(":") {
                arguments.push(cursor.operand()?);
                while cursor.take(",") {
                    arguments.push(cursor.operand()?);
                }
            }
            filters.push((name, arguments));
        }
        cursor.end()?;
        Ok(Filtered { value, filters })
    }
}

fn cycle(arguments: &str) -> Parsed<Node> {
    let mut cursor = Cursor::new(arguments)?;
    let mut items = vec![cursor.operand()?];
    let mut group = arguments.to_owned();
    if cursor.take(":") {
        group = format!("{:?}", items.pop());
        items.push(cursor.operand()?);
    }
    while cursor.take(",") {
        items.push(cursor.operand()?);
    }
    cursor.end()?;
    Ok(Node::Cycle(group, items))
}

fn operand(code: &str) -> Parsed<Operand> {
    let mut cursor = Cursor::new(code)?;
    let operand = cursor.operand()?;
    cursor.end()?;
    Ok(operand)
}

fn any_of(value: &Operand, arguments: &str) -> Parsed<Condition> {
    let mut cursor = Cursor::new(arguments)?;
    let mut test = Condition::Compare(value.clone(), Comparison::Equal, cursor.operand()?);
    while cursor.take(",") || cursor.take_name("or") {
        let next = Condition::Compare(value.clone(), Comparison::Equal, cursor.operand()?);
        test = Condition::Or(Box::new(test), Box::new(next));
    }
    cursor.end()?;
    Ok(test)
}

fn condition(code: &str) -> Parsed<Condition> {
    let mut cursor = Cursor::new(code)?;
    let mut parts = vec![cursor.comparison()?];
    let mut joins = Vec::new();
    loop {
        if cursor.take_name("and") {
            joins.push(true);
        } else if cursor.take_name("or") {
            joins.push(false);
        } else {
            break;
        }
        parts.push(cursor.comparison()?);
    }
    cursor.end()?;
    let mut whole = parts.pop().ok_or_else(|| cursor.wrong("a condition"))?;
    while let (Some(left), Some(and)) = (parts.pop(), joins.pop()) {
        let (left, right) = (Box::new(left), Box::new(whole));
        whole = if and { Condition::And(left, right) } else { Condition::Or(left, right) };
    }
    Ok(whole)
}

/// Words, one after the other.
struct Cursor {
    words: Vec<Word>,
    at: usize,
    code: String,
    depth: usize,
}

impl Cursor {
    fn new(code: &str) -> Parsed<Self> {
        Ok(Self { words: words(code)?, at: 0, code: code.to_owned(), depth: 0 })
    }

    fn next(&mut self) -> Option<Word> {
        let word = self.words.get(self.at).cloned();
        self.at += usize::from(word.is_some());
        word
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.words.get(self.at), Some(Word::Sign(found)) if *found == sign);
        self.at += usize::from(found);
        found
    }

    fn take_name(&mut self, name: &str) -> bool {
        let found = matches!(self.words.get(self.at), Some(Word::Name(found)) if found == name);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> Option<String> {
        let Some(Word::Name(name)) = self.words.get(self.at) else { return None };
        self.at += 1;
        Some(name.clone())
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.take(sign) { Ok(()) } else { Err(self.wrong(sign)) }
    }

    fn end(&self) -> Parsed<()> {
        if self.at == self.words.len() { Ok(()) } else { Err(self.wrong("the end")) }
    }

    fn wrong(&self, expected: &str) -> String {
        format!("Liquid syntax error: expected {expected} at word {} of '{}'", self.at + 1, self.code)
    }

    fn operand(&mut self) -> Parsed<Operand> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.wrong("less nesting"));
        }
        let operand = match self.next() {
            Some(Word::Text(text)) => Operand::Literal(Value::text(text)),
            Some(Word::Int(value)) => Operand::Literal(Value::Int(value)),
            Some(Word::Float(value)) => Operand::Literal(Value::Float(value)),
            Some(Word::Sign("(")) => {
                let from = Box::new(self.operand()?);
                self.expect("..")?;
                let to = Box::new(self.operand()?);
                self.expect(")")?;
                Operand::Range(from, to)
            }
            Some(Word::Sign("[")) => {
                let Operand::Literal(Value::Text(name)) = self.operand()? else {
                    return Err(self.wrong("a name"));
                };
                self.expect("]")?;
                self.path(name.to_string())?
            }
            Some(Word::Name(name)) => match name.as_str() {
                "nil" | "null" => Operand::Literal(Value::Nil),
                "true" => Operand::Literal(Value::Bool(true)),
                "false" => Operand::Literal(Value::Bool(false)),
                "empty" | "blank" => Operand::Empty,
                _ => self.path(name)?,
            },
            _ => return Err(self.wrong("a value")),
        };
        self.depth -= 1;
        Ok(operand)
    }

    fn path(&mut self, name: String) -> Parsed<Operand> {
        let mut steps = Vec::new();
        loop {
            if self.take(".") {
                let step = self.name().ok_or_else(|| self.wrong("a name"))?;
                steps.push(Operand::Literal(Value::text(step)));
            } else if self.take("[") {
                steps.push(self.operand()?);
                self.expect("]")?;
            } else {
                return Ok(Operand::Path(name, steps));
            }
        }
    }

    fn comparison(&mut self) -> Parsed<Condition> {
        let left = self.operand()?;
        let comparison = match self.words.get(self.at) {
            Some(Word::Sign("==")) => Comparison::Equal,
            Some(Word::Sign("!=" | "<>")) => Comparison::NotEqual,
            Some(Word::Sign("<")) => Comparison::Less,
            Some(Word::Sign("<=")) => Comparison::LessOrEqual,
            Some(Word::Sign(">")) => Comparison::Greater,
            Some(Word::Sign(">=")) => Comparison::GreaterOrEqual,
            Some(Word::Name(name)) => match name.as_str() {
                "contains" => Comparison::Contains,
                "startsWith" | "StartsWith" => Comparison::StartsWith,
                "endsWith" | "EndsWith" => Comparison::EndsWith,
                "hasKey" | "HasKey" => Comparison::HasKey,
                "hasValue" | "HasValue" => Comparison::HasValue,
                _ => return Ok(Condition::Holds(left)),
            },
            _ => return Ok(Condition::Holds(left)),
        };
        self.at += 1;
        Ok(Condition::Compare(left, comparison, self.operand()?))
    }
}
