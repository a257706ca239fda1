//! Documents keep what they say when they are laid out.

use apim::PolicyFormat;

use super::super::format::format;
use super::super::source::Source;
use super::super::{Element, Node, scanner};

/// A text, and how it is laid out.
const LAYOUTS: &[(&str, &str)] = &[
    (
        "<policies><inbound><base/></inbound></policies>",
        "<policies>\n    <inbound>\n        <base />\n    </inbound>\n</policies>\n",
    ),
    (
        "<fragment>\n<!-- a -->\n\n\n<set-variable name='a'   value=\"@(1  <  2 ? \"x\" : \"y\")\" /> <!-- b -->\n</fragment>",
        "<fragment>\n    <!-- a -->\n\n    <set-variable name='a' value=\"@(1  <  2 ? \"x\" : \"y\")\" /> <!-- b -->\n</fragment>\n",
    ),
    ("<set-body>{\n  \"a\": <b/>\n}</set-body>", "<set-body>{\n  \"a\": <b/>\n}</set-body>\n"),
    ("<set-body><a>\n<b/></a></set-body>", "<set-body><a>\n<b/></a></set-body>\n"),
    ("<value> </value>", "<value> </value>\n"),
    ("<value>@{\n  return 1;\n}</value>", "<value>@{\n  return 1;\n}</value>\n"),
    ("<inbound>\r\n</inbound>\r\n", "<inbound />\r\n"),
];

#[test]
fn an_element_stands_on_a_line_and_texts_stay() {
    for (text, expected) in LAYOUTS {
        assert_eq!(format(text).as_deref(), Ok(*expected), "{text}");
    }
    assert!(format("<a><b></a>").is_err());
}

#[test]
fn real_documents_are_laid_out_once_and_say_the_same() {
    let files = crate::tests::corpus::files();
    let layouts = LAYOUTS.iter().map(|(text, _)| ("layout".to_owned(), (*text).to_owned()));
    let mut count = 0;
    for (name, text) in files.into_iter().map(|file| (file.name, file.text)).chain(layouts) {
        let Ok(laid_out) = format(&text) else { continue };
        count += 1;
        assert_eq!(format(&laid_out).as_deref(), Ok(laid_out.as_str()), "{name}");
        assert_eq!(said(&text), said(&laid_out), "{name}");
    }
    eprintln!("{count} documents were laid out");
}

/// Everything in a document but its layout.
fn said(text: &str) -> Vec<String> {
    let source = Source::expand(text, &[]).expect("a small document");
    let mut said = Vec::new();
    walk(&scanner::pieces(&source, PolicyFormat::RawXml).expect(text), &mut said);
    said.extend(
        text.split("<!--").skip(1).map(|comment| comment.split("-->").next().unwrap_or_default().to_owned()),
    );
    said
}

fn walk(element: &Element, said: &mut Vec<String>) {
    said.push(format!("<{}", element.name));
    said.extend(
        element.attributes.iter().map(|attribute| format!("{}={}", attribute.name, attribute.value.trim())),
    );
    for node in &element.children {
        match node {
            Node::Element(child) => walk(child, said),
            Node::Text(text) if text.value.trim().is_empty() => {}
            Node::Text(text) => said.push(text.value.clone()),
        }
    }
    said.push("/>".to_owned());
}
