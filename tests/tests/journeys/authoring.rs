//! The commands for authors of policies, as an author runs them: none of them needs a sandbox that runs, but `explain`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tests::{Run, World};

const GOOD: &str = "<policies>\n    <inbound>\n        <base />\n        <include-fragment fragment-id=\"tier\" />\n    </inbound>\n    <backend>\n        <base />\n    </backend>\n    <outbound>\n        <base />\n    </outbound>\n    <on-error>\n        <base />\n    </on-error>\n</policies>\n";

/// Writes files below the test's folder.
fn write(world: &World, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = world.files().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

/// Runs a command in the test's folder, with something on its standard input.
fn run(world: &World, arguments: &[&str], input: &str) -> Run {
    let mut command = world.command(arguments);
    command.current_dir(world.files()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("an input");
    // A command that does not read it has closed it.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    Run::from(child.wait_with_output().expect("an end"))
}

fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[test]
fn lint_says_what_azure_says_and_what_is_worth_knowing_each_with_its_place() {
    let world = World::new();
    let text = GOOD.replace(
        "<base />\n        <include",
        "<base />\n        <set-variable name=\"x\" value=\"@(context.Variables[\"a\"] == \"b\")\" />\n        \
         <set-haeder />\n        <set-header name=\"a\"><value>@(context.Nope)</value></set-header>\n        <include",
    );
    write(&world, &[("apis/a/policy.xml", &text), ("policyFragments/tier/policy.xml", "<fragment />")]);
    let wrong = run(&world, &["policy", "lint", "apis/a/policy.xml", "policyFragments"], "");
    assert_eq!((wrong.code, wrong.stdout.as_str()), (1, ""));
    contains(
        &wrong.stderr,
        &[
            "warning[APL0509]: Possible unintended reference comparison; to get a value comparison, cast the left hand side \
             to type 'string'\n --> apis/a/policy.xml:4:41\n",
            "^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n",
            "error[APL0403]: Error in element 'set-haeder' on line 5, column 10: The element 'inbound' has invalid child \
             element 'set-haeder'.",
            " --> apis/a/policy.xml:5:10\n",
            "error[APL0502]: Error in element 'value' on line 6, column 47: 'IContext' does not contain a definition for \
             'Nope'",
            "2 files, 2 errors, 1 warning\n",
        ],
    );
    assert!(!wrong.stderr.contains('\x1b'), "no colours where nobody looks");

    let found = run(&world, &["policy", "lint", "-o", "json", "."], "");
    assert_eq!(found.code, 1);
    let data = &found.json()["data"];
    assert_eq!((&data["files"], &data["errors"], &data["warnings"]), (&json!(2), &json!(2), &json!(1)));
    let places: Vec<(&Value, &Value)> = data["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .map(|problem| (&problem["line"], &problem["column"]))
        .collect();
    assert_eq!(places, [(&json!(4), &json!(41)), (&json!(5), &json!(10)), (&json!(6), &json!(47))]);

    let log = run(&world, &["policy", "lint", "-o", "sarif", "."], "").json();
    assert_eq!(log["version"], "2.1.0");
    let first = &log["runs"][0]["results"][0];
    assert_eq!((&first["ruleId"], &first["level"]), (&json!("APL0509"), &json!("warning")));
    let region = &first["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&json!(4), &json!(41)));
}

#[test]
fn lint_knows_the_folders_of_apiops_and_an_editors_text() {
    let world = World::new();
    let api = GOOD.replace("<base />\n        <include", "<base />\n        <set-backend-service backend-id=\"orders\" />\n        <set-header name=\"x\"><value>{{limit}}</value></set-header>\n        <include");
    write(
        &world,
        &[
            ("apis/a/policy.xml", &api),
            ("backends/order/backendInformation.json", "{\"properties\": {\"url\": \"http://10.10.1.5\"}}"),
            (
                "namedValues/limit/namedValueInformation.json",
                "{\"properties\": {\"displayName\": \"limit\", \"value\": \"5\"}}",
            ),
        ],
    );
    let found = run(&world, &["policy", "lint", "."], "");
    assert_eq!(found.code, 1);
    contains(
        &found.stderr,
        &[
            "error[APL0417]: Error in element 'set-backend-service' on line 4, column 10: Backend with id 'orders' could not \
             be found.",
            "help: the folder has: order\n",
            "error[APL0415]: Error in element 'include-fragment' on line 6, column 10: The policy fragment 'tier' does not \
             exist.",
        ],
    );
    assert!(!found.stderr.contains("limit'"), "the folder has the named value: {}", found.stderr);

    write(
        &world,
        &[
            ("policyFragments/tier/policy.xml", "<fragment />"),
            ("backends/orders/backendInformation.json", "{}"),
        ],
    );
    let good = run(&world, &["policy", "lint", "."], "");
    assert_eq!(good.code, 0, "{}", good.stderr);

    let piece = "<policies><inbound><quota calls=\"1\" renewal-period=\"300\" /></inbound></policies>";
    let strict = ["policy", "lint", "-", "--stdin-path", "apis/a/policy.xml"];
    let found = run(&world, &strict, piece);
    assert_eq!(found.code, 1);
    contains(&found.stderr, &["--> apis/a/policy.xml:1:21", "Policy is not allowed in the specified scope."]);
    let found = run(&world, &["policy", "lint", "-", "--stdin-path", "products/a/policy.xml"], piece);
    assert_eq!(found.code, 0, "{}", found.stderr);
    let found = run(&world, &["policy", "lint", "--deny-warnings", "-"], piece);
    assert_eq!(found.code, 1, "a section is missing");
}

#[test]
fn what_is_not_there_or_no_policy_is_bad_input() {
    let world = World::new();
    write(&world, &[("none/readme.txt", "nothing"), ("a.xml", "<policies><inbound></policies>")]);
    for (arguments, says) in [
        (["lint", "none"], "there are no policies in none"),
        (["fmt", "none"], "there are no policies in none"),
        (["corpus", "none"], "there are no policies in none"),
        (["lint", "missing.xml"], "missing.xml cannot be read"),
    ] {
        let run = run(&world, &["policy", arguments[0], arguments[1]], "");
        assert_eq!(run.code, 65, "{arguments:?}: {}", run.stderr);
        contains(&run.stderr, &[says]);
    }
    let broken = run(&world, &["policy", "fmt", "a.xml"], "");
    assert_eq!(broken.code, 1);
    contains(&broken.stderr, &["error[APL0401]", "a.xml:1:22", "does not match the end tag of 'policies'"]);
    assert_eq!(
        fs::read_to_string(world.files().join("a.xml")).expect("a file"),
        "<policies><inbound></policies>"
    );
}

#[test]
fn fmt_lays_out_once_and_check_says_what_is_not() {
    let world = World::new();
    let written = "<policies><inbound><base/><set-header name=\"a\"><value>@(\"<\" + 1  )</value></set-header></inbound></policies>";
    write(&world, &[("a.xml", written), ("good.xml", GOOD)]);
    let check = run(&world, &["policy", "fmt", "--check", "."], "");
    assert_eq!((check.code, check.stdout.as_str()), (1, "./a.xml\n"));
    let piped = run(&world, &["policy", "fmt", "-"], written);
    let expected = "<policies>\n    <inbound>\n        <base />\n        <set-header name=\"a\">\n            \
                    <value>@(\"<\" + 1  )</value>\n        </set-header>\n    </inbound>\n</policies>\n";
    assert_eq!((piped.code, piped.stdout.as_str()), (0, expected));
    assert_eq!(run(&world, &["policy", "fmt", "a.xml"], "").code, 0);
    assert_eq!(fs::read_to_string(world.files().join("a.xml")).expect("a file"), expected);
    let check = run(&world, &["policy", "fmt", "--check", "."], "");
    assert_eq!((check.code, check.stdout.as_str()), (0, ""));
    let wide: Vec<u8> = written.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(world.files().join("wide.xml"), [&[0xff, 0xfe], wide.as_slice()].concat()).expect("a file");
    let refused = run(&world, &["policy", "fmt", "wide.xml"], "");
    assert_eq!(refused.code, 65);
    contains(&refused.stderr, &["wide.xml is not UTF-8, and stays as it is"]);
}

#[test]
fn corpus_counts_and_names_what_is_missing() {
    let world = World::new();
    write(
        &world,
        &[
            ("good.xml", GOOD),
            (
                "named.xml",
                "<policies><inbound><base /><set-variable name=\"a\" value=\"@({{n}} + \"{{m}}\")\" /></inbound></policies>",
            ),
            (
                "unbound.xml",
                "<policies><inbound><set-variable name=\"a\" value=\"@(context.Nope)\" /></inbound></policies>",
            ),
            ("broken.xml", "<policies><inbound>"),
        ],
    );
    let counted = run(&world, &["policy", "corpus", ".", "-o", "json"], "");
    assert_eq!(counted.code, 0, "{}", counted.stderr);
    let counts = counted.json();
    for (name, expected) in [
        ("documents", 4),
        ("scanned", 3),
        ("parsed", 3),
        ("compiled", 2),
        ("expressions", 2),
        ("expressionsParsed", 2),
        ("expressionsBound", 1),
    ] {
        assert_eq!(counts[name], json!(expected), "{name}: {counts:#}");
    }
    assert_eq!(counts["unresolved"], json!({ "fragments": 1, "named values": 1 }));
    let missing = counts["missing"].as_array().expect("what is missing");
    let nope = missing.iter().find(|row| row["feature"].as_str().is_some_and(|text| text.contains("'Nope'")));
    assert_eq!(nope.map(|row| (&row["uses"], &row["documents"])), Some((&json!(1), &json!(1))), "{counts:#}");
    let table = run(&world, &["policy", "corpus", "."], "").stdout;
    contains(&table, &["scanned             3 (75.0 %)\n", "not in the folder: 1 uses of fragments\n"]);
}

#[test]
fn the_real_documents_get_through_but_for_what_azure_refuses() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    if !folder.is_dir() {
        eprintln!("skipped: there are no real documents");
        return;
    }
    let world = World::new();
    let folder = folder.display().to_string();
    let counts = run(&world, &["policy", "corpus", &folder, "-o", "json"], "").json();
    let count = |name: &str| counts[name].as_u64().unwrap_or_default();
    assert_eq!(count("documents"), 114);
    assert!(count("scanned") >= 113 && count("parsed") >= 110, "{counts:#}");
    assert!(count("expressionsParsed") * 1000 >= count("expressions") * 989, "{counts:#}");
    assert!(count("expressionsBound") * 1000 >= count("expressions") * 976, "{counts:#}");
    let refused = counts["refused"].as_array().expect("what is refused").len() as u64;
    assert_eq!(count("compiled") + refused, 114);
}

#[test]
fn eval_says_a_value_a_problem_or_an_exception() {
    let world = World::new();
    write(
        &world,
        &[(
            "request.json",
            r#"{"method": "POST", "url": "https://a/b?c=d", "headers": {"x-n": "7"}, "body": "{\"a\": [1, 2]}", "variables": {"v": "w"}, "response": {"status": 404}}"#,
        )],
    );
    for (arguments, input, code, says) in [
        (vec!["@(1 + 1)"], "", 0, "2\n"),
        (vec!["1 + 1"], "", 0, "2\n"),
        (vec!["-"], "@{ return context.Request.Url.Host; }\n", 0, "localhost\n"),
        (vec!["@(context.Request.Headers.GetValueOrDefault(\"X-N\"))", "--header", "x-n: 5"], "", 0, "5\n"),
        (vec!["@((string)null)"], "", 0, "null\n"),
        (
            vec![
                "@(context.Request.Url.Query[\"c\"][0] + context.Variables[\"v\"] + context.Response.StatusCode)",
                "--request",
                "request.json",
            ],
            "",
            0,
            "dw404\n",
        ),
        (vec!["@(context.Request.Body.As<JObject>()[\"a\"][1])", "--request", "request.json"], "", 0, "2\n"),
        (vec!["@(context.Foo)"], "", 65, "--> expression:1:11"),
        (vec!["@(1"], "", 65, "--> expression:1:1"),
        (vec!["@(int.Parse(\"x\"))"], "", 1, "The input string 'x' was not in a correct format."),
        (vec!["1", "--variable", "novalue"], "", 64, "a variable is written `name=value`"),
        (vec!["1", "--url", "http://a b"], "", 65, "is not a URL"),
        (vec!["1", "--request", "missing.json"], "", 65, "missing.json cannot be read"),
    ] {
        let all: Vec<&str> = ["policy", "eval"].into_iter().chain(arguments.iter().copied()).collect();
        let run = run(&world, &all, input);
        assert_eq!(run.code, code, "{arguments:?}: {} {}", run.stdout, run.stderr);
        if code == 0 {
            assert_eq!(run.stdout, says, "{arguments:?}");
        } else {
            contains(&run.stderr, &[says]);
        }
    }
    let value = run(&world, &["policy", "eval", "-o", "json", "@(1.5)"], "").json();
    assert_eq!(value["data"], json!({ "type": "double", "value": "1.5" }));
}

#[test]
fn explain_prints_the_effective_policy_with_where_each_element_is_from() {
    let world = World::new();
    let alone = run(&world, &["policy", "explain", "example-api"], "");
    assert_eq!(alone.code, 69);
    contains(&alone.stderr, &["start one with `apimlab up`"]);
    world.ok(&["up"]);
    let policy = world.ok(&["policy", "explain", "example-api"]).stdout;
    contains(
        &policy,
        &[
            "<policies>\n    <inbound",
            "    <backend>\n        <!-- global: ",
            "<forward-request />",
            "</policies>\n",
        ],
    );
    let unknown = world.run(&["policy", "explain", "nothing"]);
    assert_ne!(unknown.code, 0);
    contains(&unknown.stderr, &["there is no API `nothing`"]);
}
