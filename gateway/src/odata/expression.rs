//! Expressions, as in `$filter` and `$orderby`.

use super::Text;

/// What an expression gives, as far as its own text says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// True or false.
    Condition,
    /// Something else.
    Value,
    /// What the metadata says.
    Unknown,
}

/// Functions: the name, how many arguments they have at least and at most, and whether they give a condition.
const FUNCTIONS: &[(&str, usize, usize, bool)] = &[
    ("cast", 1, 2, false),
    ("ceiling", 1, 1, false),
    ("concat", 2, 2, false),
    ("contains", 2, 2, true),
    ("date", 1, 1, false),
    ("day", 1, 1, false),
    ("endswith", 2, 2, true),
    ("floor", 1, 1, false),
    ("fractionalseconds", 1, 1, false),
    ("geo.distance", 2, 2, false),
    ("geo.intersects", 2, 2, true),
    ("geo.length", 1, 1, false),
    ("hassubsequence", 2, 2, true),
    ("hassubset", 2, 2, true),
    ("hour", 1, 1, false),
    ("indexof", 2, 2, false),
    ("isof", 1, 2, true),
    ("length", 1, 1, false),
    ("matchesPattern", 2, 2, true),
    ("maxdatetime", 0, 0, false),
    ("mindatetime", 0, 0, false),
    ("minute", 1, 1, false),
    ("month", 1, 1, false),
    ("now", 0, 0, false),
    ("round", 1, 1, false),
    ("second", 1, 1, false),
    ("startswith", 2, 2, true),
    ("substring", 2, 3, false),
    ("time", 1, 1, false),
    ("tolower", 1, 1, false),
    ("totaloffsetminutes", 1, 1, false),
    ("totalseconds", 1, 1, false),
    ("toupper", 1, 1, false),
    ("trim", 1, 1, false),
    ("year", 1, 1, false),
];

/// Operators that compare.
const COMPARISONS: [&str; 7] = ["eq", "ne", "gt", "ge", "lt", "le", "has"];
/// Operators that compute.
const COMPUTATIONS: [&str; 6] = ["add", "sub", "mul", "div", "divby", "mod"];

impl<'a> Text<'a> {
    /// An expression that is true or false.
    pub(super) fn condition(&mut self) -> Result<(), String> {
        match self.expression()? {
            Gives::Value => Err(format!("The expression '{}' does not give a boolean value.", self.whole)),
            Gives::Condition | Gives::Unknown => Ok(()),
        }
    }

    pub(super) fn expression(&mut self) -> Result<Gives, String> {
        self.deeper(|text| {
            let mut gives = text.comparison()?;
            while text.keyword("and") || text.keyword("or") {
                let right = text.comparison()?;
                if gives == Gives::Value || right == Gives::Value {
                    return Err(text.wrong("'and' and 'or' stand between conditions"));
                }
                gives = Gives::Condition;
            }
            Ok(gives)
        })
    }

    fn comparison(&mut self) -> Result<Gives, String> {
        if self.keyword("not") {
            let gives = self.deeper(Self::comparison)?;
            return if gives == Gives::Value {
                Err(self.wrong("'not' stands before a condition"))
            } else {
                Ok(Gives::Condition)
            };
        }
        let left = self.computation()?;
        if self.keyword("in") {
            self.list()?;
            return Ok(Gives::Condition);
        }
        let Some(_) = COMPARISONS.iter().find(|word| self.keyword(word)) else { return Ok(left) };
        self.computation()?;
        Ok(Gives::Condition)
    }

    fn computation(&mut self) -> Result<Gives, String> {
        let mut gives = self.operand()?;
        while COMPUTATIONS.iter().any(|word| self.keyword(word)) {
            self.operand()?;
            gives = Gives::Value;
        }
        Ok(gives)
    }

    fn operand(&mut self) -> Result<Gives, String> {
        self.space();
        if self.literal()? {
            return Ok(Gives::Value);
        }
        match self.peek() {
            Some('-') => {
                self.advance(1);
                self.deeper(Self::operand)?;
                Ok(Gives::Value)
            }
            Some('(') => {
                self.advance(1);
                let gives = self.expression()?;
                self.expect(')')?;
                Ok(gives)
            }
            Some('[' | '{') => self.json().map(|()| Gives::Value),
            _ => match self.word() {
                "true" | "false" => {
                    self.advance(self.word().len());
                    Ok(Gives::Condition)
                }
                "null" => {
                    self.advance(4);
                    Ok(Gives::Unknown)
                }
                _ => self.path(),
            },
        }
    }

    /// What `in` has on its right: values in parentheses, or a path.
    fn list(&mut self) -> Result<(), String> {
        if !self.eat('(') {
            return self.operand().map(drop);
        }
        self.deeper(|text| {
            loop {
                text.operand()?;
                if !text.eat(',') {
                    return text.expect(')');
                }
            }
        })
    }

    /// Properties, functions and lambdas, with slashes between them.
    pub(super) fn path(&mut self) -> Result<Gives, String> {
        loop {
            let gives = self.segment()?;
            if self.peek() != Some('/') {
                return Ok(gives);
            }
            self.advance(1);
        }
    }

    fn segment(&mut self) -> Result<Gives, String> {
        let name = self.name()?;
        if self.peek() != Some('(') {
            return Ok(Gives::Unknown);
        }
        self.advance(1);
        if matches!(name, "any" | "all") {
            return self.lambda(name);
        }
        let (found, literal) = self.arguments()?;
        let Some((_, least, most, condition)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            // Functions of the service have a namespace, and keys look alike.
            let known = name.contains('.') || (found > 0 && literal) || name.starts_with('$');
            return if known {
                Ok(Gives::Unknown)
            } else {
                Err(format!("The function '{name}' is not known."))
            };
        };
        if !(least..=most).contains(&&found) {
            return Err(format!("The function '{name}' does not take {found} arguments."));
        }
        Ok(if *condition { Gives::Condition } else { Gives::Value })
    }

    /// A name, with its namespace.
    pub(super) fn name(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        let letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '$' | '@' | '#');
        let end = rest.find(|found: char| !letter(found)).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        let bare = name.trim_start_matches(['@', '$']);
        let parts = |part: &str| part.starts_with(|first: char| first.is_alphabetic() || first == '_');
        if bare.is_empty() || !bare.split(['.', '#', '@']).all(parts) {
            return Err(self.wrong("a name is expected"));
        }
        Ok(self.advance(end))
    }

    /// How many arguments there are, up to the closing parenthesis, and whether they are values as in a key.
    pub(super) fn arguments(&mut self) -> Result<(usize, bool), String> {
        let (mut found, mut literal) = (0, true);
        if self.eat(')') {
            return Ok((found, literal));
        }
        self.deeper(|text| {
            loop {
                let mut gives = text.expression()?;
                if text.eat('=') {
                    gives = text.expression()?;
                }
                found += 1;
                literal &= gives == Gives::Value;
                if !text.eat(',') {
                    text.expect(')')?;
                    return Ok((found, literal));
                }
            }
        })
    }

    fn lambda(&mut self, name: &str) -> Result<Gives, String> {
        if name == "any" && self.eat(')') {
            return Ok(Gives::Condition);
        }
        self.space();
        let at = self.word().len();
        if at == 0 {
            return Err(self.wrong("a variable is expected"));
        }
        self.advance(at);
        self.expect(':')?;
        self.expression()?;
        self.expect(')')?;
        Ok(Gives::Condition)
    }

    /// An array or object of JSON.
    fn json(&mut self) -> Result<(), String> {
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<serde_json::Value>();
        match values.next() {
            Some(Ok(_)) => {
                let length = values.byte_offset();
                self.advance(length);
                Ok(())
            }
            _ => Err(self.wrong("this is no JSON")),
        }
    }
}
