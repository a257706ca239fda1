//! Templates and what they say.

use serde_json::json;

use super::{Reading, Template, Value};

const READING: Reading = Reading { nil_is_null: false, parse_date: true };

fn rendered(template: &str, body: &Value) -> Result<String, String> {
    Template::parse(template)?.render(body.clone(), Value::Nil)
}

fn check(cases: &[(&str, &str)]) {
    let body = json!({
        "a": "one", "n": 7, "f": 2.5, "t": true, "no": null, "when": "2024-05-01T10:20:30Z",
        "list": [3, 1, 2, 1], "items": [{"k": "x", "v": 1}, {"k": "y", "v": 2}], "html": "<b>\"x\" & 'y'</b>",
        "quoted": "say \"hi\"", "words": "the quick brown fox", "e": "", "o": {"Ab": "c"}
    });
    let body = Value::body(body.to_string().as_bytes(), "application/json", READING).expect("a body");
    for (template, expected) in cases {
        assert_eq!(rendered(template, &body).as_deref(), Ok(*expected), "{template}");
    }
}

#[test]
fn values_are_written_as_dotnet_writes_them() {
    check(&[
        (
            "a{{ body.a }}b{{body['n']}}c{{body.f}}d{{body.t}}e{{body.no}}f{{nothing.at.all}}",
            "aoneb7c2.5dtrueef",
        ),
        ("{{ body.when }}", "05/01/2024 10:20:30"),
        ("{{ body.list }} {{ body.list[1] }} {{ body.list.first }} {{ body.list.size }}", "3121 1 3 4"),
        ("{{ body.o.Ab }}{{ body.o.ab }}", "c"),
        ("{{ 'x' }}{{ 1.5 }}{{ true }}{{ nil }}", "x1.5true"),
    ]);
}

#[test]
fn blanks_go_beside_dashes() {
    check(&[("a {{- 1 -}} b", "a1b"), ("a\n{%- assign x = 2 -%}\n{{ x }}", "a2"), ("a {{ 1 }} b", "a 1 b")]);
}

#[test]
fn tags_decide_and_repeat() {
    check(&[
        ("{% if body.n > 5 and body.a == 'one' %}y{% else %}n{% endif %}", "y"),
        ("{% if body.n < 5 %}1{% elsif body.n == 7 %}2{% else %}3{% endif %}", "2"),
        ("{% if true or false and false %}y{% endif %}", "y"),
        ("{% unless body.t %}y{% else %}n{% endunless %}", "n"),
        ("{% if body.e == empty %}e{% endif %}{% if body.a != blank %}b{% endif %}", "eb"),
        ("{% if body.list contains 2 %}y{% endif %}{% if body.a contains 'ne' %}y{% endif %}", "yy"),
        ("{% case body.n %}{% when 1, 2 %}a{% when 6 or 7 %}b{% else %}c{% endcase %}", "b"),
        ("{% for i in body.list %}{{ forloop.index }}:{{ i }} {% endfor %}", "1:3 2:1 3:2 4:1 "),
        ("{% for i in (1..9) reversed limit: 3 offset: 2 %}{{ i }}{% endfor %}", "543"),
        (
            "{% for i in (1..9) %}{% if i == 3 %}{% continue %}{% endif %}{% if i > 4 %}{% break %}{% endif %}{{ i }}{% endfor %}",
            "124",
        ),
        ("{% for i in body.no %}x{% else %}none{% endfor %}", "none"),
        ("{% for p in body.o %}{{ p.Key }}={{ p.Value }}{% endfor %}", "Ab=c"),
        (
            "[{% JSONArrayFor i in body.items %}{\"{{ i.k }}\":{{ i.v }}}{% endJSONArrayFor %}]",
            "[{\"x\":1},{\"y\":2}]",
        ),
        (
            "{% tablerow i in (1..3) cols: 2 %}{{ i }}{% endtablerow %}",
            "<tr class=\"row1\">\n<td class=\"col1\">1</td><td class=\"col2\">2</td></tr>\n<tr class=\"row2\"><td class=\"col1\">3</td></tr>\n",
        ),
        ("{% for i in (1..3) %}{% cycle 'a', 'b' %}{% endfor %}", "aba"),
        ("{% increment c %}{% increment c %}{% decrement d %}", "01-1"),
        ("{% capture x %}<{{ body.n }}>{% endcapture %}{{ x }}{{ x }}", "<7><7>"),
        (
            "{% raw %}{{ a }}{% if %}{% endraw %}{% comment %} it's {% foo %} {% endcomment %}",
            "{{ a }}{% if %}",
        ),
    ]);
}

#[test]
fn filters_have_the_names_of_csharp() {
    check(&[
        (
            "{{ -3 | Abs }} {{ 3 | AtLeast: 5 }} {{ 3 | AtMost: 2 }} {{ 7 | DividedBy: 2 }} {{ 7.0 | DividedBy: 2 }}",
            "3 5 2 3 3.5",
        ),
        (
            "{{ 1 | Plus: 2 | Times: 3 | Minus: 4 | Modulo: 3 }} {{ 2.346 | Round: 2 }} {{ 2.5 | Round }}",
            "2 2.35 2",
        ),
        ("{{ 1234.5 | Currency: 'en-US' }}", "$1,234.50"),
        (
            "{{ 'a' | Append: 'b' | Prepend: 'c' | Upcase }} {{ 'AB' | Downcase }} {{ 'a bc' | Capitalize }}",
            "CAB ab A Bc",
        ),
        (
            "{{ body.html | Escape }} {{ body.html | StripHtml }}",
            "&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt; \"x\" & 'y'",
        ),
        (
            "{{ body.list | Sort | Join: ',' }} {{ body.list | Uniq | Size }} {{ body.items | Map: 'k' | Join }}",
            "1,1,2,3 3 x y",
        ),
        ("{{ 'a,b,,c' | Split: ',' | Last }} {{ 'a' | First }} {{ body.list | Compact | First }}", "c a 3"),
        ("{{ body.quoted | Replace: '([^\\\\](\\\\\\\\)*)\"', '$1\\\"' }}", "say \\\"hi\\\""),
        (
            "{{ 'abab' | ReplaceFirst: 'b', 'x' }} {{ 'abab' | Remove: 'b' }} {{ 'abab' | RemoveFirst: 'b' }}",
            "axab aa aab",
        ),
        (
            "{{ 'abcdef' | Slice: 1, 3 }} {{ 'abcdef' | Slice: -2, 9 }} {{ body.words | Truncate: 9 }} {{ body.words | TruncateWords: 2 }}",
            "bcd ef the qu... the quick...",
        ),
        (
            "{{ ' x ' | Strip }}|{{ ' x' | Lstrip }}|{{ 'x ' | Rstrip }}|{{ 'a b&c' | UrlEncode }}|{{ 'a%20b' | UrlDecode }}",
            "x|x|x|a%20b%26c|a b",
        ),
        (
            "{{ body.when | Date: 'yyyy-MM-dd' }} {{ '2024-01-02T03:04:05Z' | Date: 'HH:mm' }} {{ 'no' | Date: 'yyyy' }}",
            "2024-05-01 03:04 no",
        ),
        ("{{ body.no | Default: 'd' }}{{ body.e | Default: 'e' }}{{ 'x' | NoSuch | upcase }}", "dex"),
    ]);
}

#[test]
fn xml_is_found_by_local_names_in_any_case() {
    let xml = "<s:Envelope xmlns:s='urn:s' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><s:Body><Get id='4'><n>1</n><n>2</n><z i:nil='true'/></Get></s:Body></s:Envelope>";
    let template = "{{ body.envelope.body.Get.n | Join: '+' }} {{ body.envelope.Body.Get['@id'] }} [{{ body.envelope.body.Get.z }}]";
    let body = Value::body(xml.as_bytes(), "text/xml", READING).expect("a body");
    assert_eq!(rendered(template, &body).as_deref(), Ok("1+2 4 []"));
}

#[test]
fn what_is_wrong_is_said() {
    let cases = [
        ("{{ body.a ", "was not properly terminated"),
        ("{% if body.a %}", "if tag was never closed"),
        ("{% include 'x' %}", "Unknown tag 'include'"),
        ("{{ 'x }}", "has no closing quote"),
        ("{% for x %}{% endfor %}", "Valid syntax: for [item] in [collection]"),
    ];
    for (template, expected) in cases {
        let problem = Template::parse(template).expect_err(template);
        assert!(problem.contains(expected), "{template}: {problem}");
    }
    let unknown = Template::parse("{{ 'x' | upcase | Upcase }}").expect("a template");
    assert_eq!(unknown.unknown_filters(), ["upcase"]);
}

#[test]
fn what_takes_too_much_ends() {
    let cases = [
        "{% for a in (1..2000) %}{% for b in (1..2000) %}{% endfor %}{% endfor %}",
        "{% for a in (1..9999999999) %}{% endfor %}",
        "{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..60) %}{% assign x = x | Append: x %}{% endfor %}",
        "{{ 1 | DividedBy: 0 }}",
        "{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..18) %}{% assign x = x | Append: x %}{% endfor %}{{ x | Split: '' }}",
        "{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..13) %}{% assign x = x | Append: x %}{% endfor %}{{ x | Split: '' | Join: x }}",
    ];
    for template in cases {
        assert!(rendered(template, &Value::Nil).is_err(), "{template}");
    }
    let deep = "{% if true %}".repeat(1000);
    assert!(Template::parse(&deep).is_err());
}
