//! What stands directly in `xsl:stylesheet`.
//! <https://www.w3.org/TR/xslt-10/#dt-top-level>

use diagnostic::Diagnostic;

use super::{AttributeSet, Compiler, Element, Global, Key, Rule, Space, Template, XSL, code};
use crate::decimal_format::Symbols;
use crate::instructions::{Binding, is_xsl};
use crate::output::Output;
use crate::pattern::Pattern;
use crate::reader::is_blank;
use crate::tree::{self, QName};
use crate::xpath::Test;

/// The namespace of Microsoft's extensions.
pub const MSXSL: &str = "urn:schemas-microsoft-com:xslt";

/// Compiles a stylesheet.
pub fn compile(root: Element<'_, '_>, compiler: &mut Compiler<'_>) {
    let name = root.tag_name();
    if name.namespace() != Some(XSL) || !matches!(name.name(), "stylesheet" | "transform") {
        let message = "the stylesheet must begin with 'xsl:stylesheet' of the namespace \
                       'http://www.w3.org/1999/XSL/Transform'";
        compiler.report(compiler.problem(root, message));
        return;
    }
    if root.attribute("version").is_none() {
        compiler.report(compiler.problem(root, "the 'xsl:stylesheet' element needs the attribute 'version'"));
    }
    compiler.forwards = root.attribute("version").is_some_and(|version| version.trim() != "1.0");
    compiler.only(root, &["id", "version", "exclude-result-prefixes", "extension-element-prefixes"]);
    let excluded = excluded(root, None);
    compiler.excluded.extend(excluded);
    let text = root.children().find(|child| child.is_text() && !is_blank(child.text().unwrap_or_default()));
    if let Some(text) = text {
        let message = "text cannot stand directly in 'xsl:stylesheet'";
        compiler.report(Diagnostic::new(code::STYLESHEET, message).at(compiler.text, text.range()));
    }
    let elements: Vec<_> = root.children().filter(Element::is_element).collect();
    for element in &elements {
        if is_xsl(*element, "variable") || is_xsl(*element, "param") {
            let name = compiler.name(*element, "name");
            let name = compiler.or_report(name).flatten();
            if name.is_some_and(|name| !compiler.globals.insert(name)) {
                compiler.report(compiler.problem(*element, "there are two global variables of this name"));
            }
        }
        if is_xsl(*element, "namespace-alias") {
            let alias = alias(*element, compiler);
            let alias = compiler.or_report(alias);
            compiler.aliases.extend(alias);
        }
    }
    for element in elements {
        let outcome = declaration(element, compiler);
        compiler.or_report(outcome);
    }
    for rules in compiler.sheet.rules.values_mut() {
        rules.sort_by(|one, other| {
            other.priority.total_cmp(&one.priority).then(other.template.cmp(&one.template))
        });
    }
    for (name, span) in std::mem::take(&mut compiler.calls) {
        if !compiler.sheet.named.contains_key(&name) {
            let message = format!("the named template '{}' does not exist", name.local);
            compiler.report(Diagnostic::new(code::STYLESHEET, message).at(compiler.text, span));
        }
    }
}

/// The namespaces that an element's prefixes exclude from the result.
pub fn excluded(element: Element<'_, '_>, namespace: Option<&str>) -> Vec<String> {
    let lists = ["exclude-result-prefixes", "extension-element-prefixes"].into_iter().filter_map(|name| {
        element.attributes().find(|attribute| attribute.name() == name && attribute.namespace() == namespace)
    });
    let prefixes = lists.flat_map(|list| list.value().split_whitespace());
    let uri = |prefix| element.lookup_namespace_uri(Some(prefix).filter(|prefix| *prefix != "#default"));
    prefixes.filter_map(uri).map(str::to_owned).collect()
}

fn alias(element: Element<'_, '_>, compiler: &Compiler<'_>) -> Result<(String, tree::Binding), Diagnostic> {
    let resolved = |name: &str| {
        let prefix = compiler.required(element, name, element.attribute(name))?;
        let prefix = if prefix == "#default" { "" } else { prefix };
        let uri = element.lookup_namespace_uri(Some(prefix).filter(|prefix| !prefix.is_empty()));
        if uri.is_none() && !prefix.is_empty() {
            return Err(compiler.invalid(element, name, format!("the prefix '{prefix}' is not declared")));
        }
        Ok(tree::Binding { prefix: prefix.into(), uri: uri.unwrap_or_default().into() })
    };
    Ok((resolved("stylesheet-prefix")?.uri.to_string(), resolved("result-prefix")?))
}

fn declaration(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Result<(), Diagnostic> {
    let name = element.tag_name();
    match name.namespace() {
        Some(XSL) => {}
        Some(MSXSL) if name.name() == "script" => {
            return Err(compiler.problem_of(code::REFUSED, element, "scripts in stylesheets are not run"));
        }
        Some(_) => return Ok(()),
        None => {
            let message = "an element without namespace cannot stand directly in 'xsl:stylesheet'";
            return Err(compiler.problem(element, message));
        }
    }
    match name.name() {
        "template" => template(element, compiler),
        "variable" | "param" => {
            let binding = Binding::compile(element, compiler)?;
            let is_parameter = name.name() == "param";
            compiler.sheet.globals.push(Global { binding, is_parameter });
            Ok(())
        }
        "key" => {
            compiler.only(element, &["name", "match", "use"]);
            let (name, pattern) = (compiler.name(element, "name")?, compiler.pattern(element, "match")?);
            let key = Key {
                name: compiler.required(element, "name", name)?,
                pattern: compiler.required(element, "match", pattern)?,
                value: compiler.needed_expression(element, "use")?,
            };
            compiler.sheet.keys.push(key);
            Ok(())
        }
        "output" => {
            let mut output = std::mem::take(&mut compiler.sheet.output);
            let outcome = Output::declare(&mut output, element, compiler);
            compiler.sheet.output = output;
            outcome
        }
        "decimal-format" => {
            let (name, symbols) = Symbols::compile(element, compiler)?;
            compiler.sheet.formats.insert(name, symbols);
            Ok(())
        }
        "attribute-set" => attribute_set(element, compiler),
        strip @ ("strip-space" | "preserve-space") => spaces(element, strip == "strip-space", compiler),
        "namespace-alias" => Ok(()),
        "import" | "include" => {
            let message = format!("'xsl:{}' is not available: nothing is read from outside", name.name());
            Err(compiler.problem_of(code::REFUSED, element, message))
        }
        _ if compiler.forwards => Ok(()),
        other => {
            let message = format!("'xsl:{other}' cannot stand directly in 'xsl:stylesheet'");
            Err(compiler.problem(element, message))
        }
    }
}

fn template(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Result<(), Diagnostic> {
    compiler.only(element, &["match", "name", "priority", "mode"]);
    let (pattern, name) = (compiler.pattern(element, "match")?, compiler.name(element, "name")?);
    let mode = compiler.name(element, "mode")?;
    let priority = element.attribute("priority").map(|text| text.trim().parse::<f64>());
    let priority = priority.transpose().ok().filter(|priority| priority.is_none_or(f64::is_finite));
    let Some(priority) = priority else {
        return Err(compiler.invalid(element, "priority", "'priority' is not a number"));
    };
    if pattern.is_none() && name.is_none() {
        return Err(compiler.problem(element, "a template needs 'match' or 'name'"));
    }
    let mut parameters = Vec::new();
    for parameter in element.children().filter(|child| is_xsl(*child, "param")) {
        let parameter = Binding::compile(parameter, compiler)?;
        compiler.scope.push(parameter.name.clone());
        parameters.push(parameter);
    }
    let body = compiler.content(element, |child| !is_xsl(child, "param"));
    compiler.scope.clear();
    let place = compiler.sheet.templates.len();
    compiler.sheet.templates.push(Template { parameters, body });
    let Pattern(alternatives) = pattern.unwrap_or(Pattern(Vec::new()));
    let rules = compiler.sheet.rules.entry(mode).or_default();
    rules.extend(alternatives.into_iter().map(|alternative| {
        let priority = priority.unwrap_or_else(|| alternative.priority());
        Rule { alternative, priority, template: place }
    }));
    match name {
        Some(name) if compiler.sheet.named.insert(name.clone(), place).is_some() => {
            Err(compiler.invalid(element, "name", "there are two templates of this name"))
        }
        _ => Ok(()),
    }
}

fn attribute_set(element: Element<'_, '_>, compiler: &mut Compiler<'_>) -> Result<(), Diagnostic> {
    compiler.only(element, &["name", "use-attribute-sets"]);
    let name: Option<QName> = compiler.name(element, "name")?;
    let name = compiler.required(element, "name", name)?;
    let uses = compiler.names(element, "use-attribute-sets")?;
    let body = compiler.body(element);
    compiler.sheet.attribute_sets.entry(name).or_default().push(AttributeSet { uses, body });
    Ok(())
}

fn spaces(element: Element<'_, '_>, strips: bool, compiler: &mut Compiler<'_>) -> Result<(), Diagnostic> {
    compiler.only(element, &["elements"]);
    let written = compiler.required(element, "elements", element.attribute("elements"))?;
    for name in written.split_whitespace() {
        let test = match name.strip_suffix(":*") {
            _ if name == "*" => Test::Any,
            Some(prefix) => {
                let uri = element.lookup_namespace_uri(Some(prefix));
                let message = || format!("the prefix '{prefix}' is not declared");
                Test::Namespace(uri.ok_or_else(|| compiler.problem(element, message()))?.into())
            }
            None => Test::Name(compiler.qname(element, name)?),
        };
        compiler.sheet.spaces.push(Space { test, strips });
    }
    Ok(())
}
