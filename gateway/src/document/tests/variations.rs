//! Shapes of documents that authors and their editors make: what Azure takes is taken, wherever the odd thing stands.

use super::*;
use crate::authoring::{File, GatewayKind, Project};

/// What stands in `inbound`, and the code of what is wrong; nothing if nothing is.
const INBOUND: &[(&str, &str)] = &[
    // Comments and instructions.
    ("<!-- a -- b --><set-method><!-- c -->GET<!-- d --></set-method>", ""),
    ("<set-variable name='a'\n  value='b'\n/><!----><?pi a='<b>'?>", ""),
    (
        "<choose><!-- a --><when condition='@(true)'><!-- b --></when><!-- c --><otherwise><!-- d --></otherwise></choose>",
        "",
    ),
    // Quotes, entities, CDATA.
    (r#"<set-variable name="a" value="@(&quot;a&quot; + &apos;b&apos; + &#x22;c&#34;)" />"#, ""),
    (r#"<set-variable name='a' value='@("a" + (char)39)' />"#, ""),
    (r#"<set-variable name="a" value="@("<a b=\"c\">" + @"d""e" + 'f' + '"' + '\'')" />"#, ""),
    (r#"<set-body>@("a & b &amp; c < d")</set-body>"#, ""),
    (r#"<set-body><![CDATA[@("a & b < c" + (1 > 0 && 2 < 3 ? "</set-body>" : "&amp;"))]]></set-body>"#, ""),
    ("<set-body>\n\t<![CDATA[\n@{ return \"a\"; }\n]]>\n</set-body>", ""),
    ("<set-body><![CDATA[plain <b> & text]]></set-body>", ""),
    // Strings, interpolation, comments and braces in C#.
    (
        r#"<set-variable name="a" value="@($"{context.Request.Headers["a"][0]}:{(1 > 0 ? "}" : "{{")}")" />"#,
        "",
    ),
    (r#"<set-variable name="a" value="@($@"{"a"}\""b""")" />"#, ""),
    ("<set-body>@{ // it's } here\n /* \" } ) */ var a = \"}\"; var b = '}'; return a + b; }</set-body>", ""),
    ("<set-body>@{\r\n\tvar a = @\"x\r\ny}\";\r\n\treturn a;\r\n}</set-body>", ""),
    ("<set-body>\u{a0}@(1)</set-body>", ""),
    // Cases of booleans, blanks around expressions.
    (
        "<send-request mode='new' response-variable-name='r' ignore-error='true'><set-url>http://a</set-url></send-request>",
        "",
    ),
    ("<set-variable name=\"a\" value=\"\n    @(1)\n  \" />", ""),
    // Liquid, and braces that are no named values.
    ("<set-body template='none'>{\"a\": {\"b\": {}}}</set-body>", ""),
    ("<set-variable name='a' value='{{ spaced }} {{{ }}' />", ""),
    // Attributes: blanks around `=`, other quotes inside, a tab and a line between them, `>` as it stands.
    ("<set-variable name = 'a'\n\tvalue\n=\n\"it's > 1\"\t/>", ""),
    (
        r#"<set-variable name='a' value='@(context.Request.Headers["a"][0] == "it&apos;s" ? "b" : "c")' />"#,
        "",
    ),
    // Expressions with comments that hold brackets and quotes, in attributes too.
    ("<set-variable name=\"a\" value=\"@{ /* \" ' ( */ return 1; // it's \" here\n }\" />", ""),
    (
        r#"<set-variable name="a" value="@((context.Request.Body.As<JObject>(preserveContent: true))["a<b>"])" />"#,
        "",
    ),
    // A comment between a tag and its expression, and behind it.
    ("<set-body><!-- why --> @(\"a\") <!-- so --></set-body>", ""),
    // Texts of several parts.
    ("<set-header name='a'><value>a<!-- b --> c &#38; d</value></set-header>", ""),
    ("<set-header name='a' exists-action='append'>\n<value><![CDATA[<a>]]></value>\n</set-header>", ""),
    // Character references in expressions, in capitals and with zeros before.
    (r#"<set-variable name="a" value="@(1 &#60; 2 &#038;&#x26; 3 &#x3E; 2)" />"#, ""),
    // Closing tags with blanks, elements that are empty in two ways.
    ("<set-method >GET</set-method\n><choose ><when condition=\"@(true)\"  ></when></choose>", ""),
    // Namespaces, as some editors add them.
    ("<set-method xmlns:a='urn:a'>GET</set-method>", ""),
    // Letters of all alphabets, and characters outside the first plane.
    ("<set-variable name='größe' value='@(\"日本 😀\".Length)' />", ""),
    // Liquid with filters, tags, quotes and expressions of its own.
    (
        "<set-body template='liquid'>{\"a\": \"{{body.a | Default: 'x'}}\"{% if body.b %}, \"b\": {{ context.Variables[\"c\"] }}{% endif %}}</set-body>",
        "",
    ),
    (
        "<set-body template=\"liquid\"><a>{% for b in body.c %}<b x=\"{{b.x}}\">{{b}}</b>{% endfor %}</a></set-body>",
        "",
    ),
    // A literal that only looks like an expression.
    ("<set-header name='a'><value>Bearer @(token)</value></set-header>", ""),
    ("<set-header name='a'><value>user@(host)</value></set-header>", ""),
    // Generics and shifts, which look like tags.
    (
        "<set-body>@{ var a = new Dictionary<string, List<string>>(); return a.Count << 2 >> 1 < 3 ? \"<a>\" : \"</a>\"; }</set-body>",
        "",
    ),
    // Wrong all the same.
    ("<set-method>GET</Set-Method>", codes::SYNTAX),
    ("<Set-Method>GET</Set-Method>", codes::ELEMENT),
    ("<set-variable name='a' name='b' value='c' />", codes::SYNTAX),
    ("<set-variable name='a' value='a & b' />", codes::SYNTAX),
    ("<set-variable name='a' value='a < b' />", codes::SYNTAX),
    ("<set-method><!-- GET</set-method>", codes::SYNTAX),
    ("<set-body>&nbsp;</set-body>", codes::SYNTAX),
    ("<set-variable name=a value='b' />", codes::SYNTAX),
    ("<set-variable name='a'value='b' />", codes::SYNTAX),
    ("<set-variable name='a' value='@(1) more' />", codes::SYNTAX),
    ("<set-variable name='a' value='{{unknown}}' />", codes::NAMED_VALUE),
    ("{{unknown}}", codes::NAMED_VALUE),
    ("<{{unknown}} />", codes::NAMED_VALUE),
    ("<set-variable {{unknown}} />", codes::NAMED_VALUE),
    ("<set-variable name='a' value='@({{unknown}} + 1)' />", codes::NAMED_VALUE),
    (r#"<set-variable name="a" value="@("latlong=""")" />"#, "APL0501"),
];

#[test]
fn what_authors_write_is_taken_apart() {
    for (inside, expected) in INBOUND {
        let text = inbound(inside);
        for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
            let found = problems(PolicyFormat::RawXml, &text);
            let codes: Vec<&str> = found.iter().map(|problem| problem.code).collect();
            let wanted = if expected.is_empty() { Vec::new() } else { vec![*expected] };
            assert_eq!(codes, wanted, "{text}: {found:#?}");
        }
    }
}

#[test]
fn pieces_of_documents_are_known() {
    let project = Project::new(&[], GatewayKind::Classic);
    for (text, known) in [
        ("<fragment />", true),
        ("<fragment><set-method>GET</set-method></fragment>", true),
        ("<set-method>GET</set-method><!-- a --><set-body>a</set-body>", true),
        ("<inbound><base /></inbound>\n<outbound><base /></outbound>", true),
        ("<policies />", true),
        ("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<policies></policies>\r\n", true),
        (
            "<policies><inbound /><on-error><set-body>a</set-body><trace source='a'><message>b</message></trace></on-error></policies>",
            true,
        ),
        ("", false),
        ("text", false),
        ("\u{feff}<!-- a --><?a?>\n<fragment>\r\n</fragment><!-- b -->", true),
        ("<policies /><policies />", false),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><policies />", false),
        ("<a />", false),
        ("<!-- nothing -->", false),
        ("<policies><inbound></policies>", false),
    ] {
        let file = File { name: "a.xml".to_owned(), text: text.to_owned() };
        let examined = project.examine(&file, crate::document::examine::Around::Anything);
        assert_eq!(examined.kind.is_some(), known, "{text}: {examined:#?}");
        assert!(known || !examined.found.is_empty(), "{text}");
    }
}

#[test]
fn the_rest_of_a_document_is_looked_at_behind_an_expression_that_does_not_end() {
    let text = inbound("<set-variable name=\"a\" value=\"@(\"b)\" id=\"c\" />\n<nothing />");
    let found = problems(PolicyFormat::RawXml, &text);
    let codes: Vec<&str> = found.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["APL0501", codes::ELEMENT], "{found:#?}");
    // Many of them are not all passed over.
    let many = inbound(&"<set-variable name=\"a\" value=\"@(]\" />\n".repeat(1_000));
    assert_eq!(problems(PolicyFormat::RawXml, &many).len(), 1);
}
