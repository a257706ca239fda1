//! What checks and lessons observe.

use diagnostic::Diagnostic;

use super::World;
use crate::codes;
use crate::field_path::FieldPath;
use crate::findings::Findings;
use crate::model::{ExpectedField, ExpectedResponse, HttpCheck, Probe, Text, Vantage};

const MOST_CALLS: u32 = 10_000;

pub(super) fn check(world: &World, probe: &Probe, findings: &mut Findings) {
    match probe {
        Probe::Http(http) => check_http(world, http, findings),
        Probe::Kubernetes(kubernetes) => {
            world.needs("cluster", &kubernetes.get.name, "a Kubernetes check", findings);
            field(&kubernetes.expect, findings);
        }
        Probe::Event(event) => world.needs("cluster", &event.about.name, "an event check", findings),
        Probe::Arm(arm) => {
            world.known_key(&arm.get, findings);
            field(&arm.expect, findings);
        }
    }
}

/// A URL that is called, and what its answer must be.
pub(super) fn check_url(world: &World, url: &Text, expect: &ExpectedResponse, findings: &mut Findings) {
    if !(url.starts_with("http://") || url.starts_with("https://")) || url.contains(char::is_whitespace) {
        let shown: String = url.chars().take(100).collect();
        let problem = Diagnostic::new(codes::INVALID_NAME, format!("`{shown}` is no URL that can be called"))
            .help("begin with `http://` or `https://`, without blanks");
        findings.add(url, problem);
    }
    world.known_services(url, findings);
    let answered = expect.status.is_some() || expect.body_contains.is_some() || !expect.headers.is_empty();
    if answered == expect.unreachable {
        let problem = Diagnostic::new(
            codes::UNSUPPORTED,
            "the check must expect something of an answer, or that there is none",
        )
        .help("write `expect: { status: 200 }` or `expect: { unreachable: true }`");
        findings.add(url, problem);
    }
}

fn check_http(world: &World, http: &HttpCheck, findings: &mut Findings) {
    check_url(world, &http.url, &http.expect, findings);
    if http.from != Vantage::Internet {
        world.needs("cluster", &http.url, "a call from there", findings);
        if *http.repeat > 1 {
            let problem = Diagnostic::new(codes::UNSUPPORTED, "a call from within the cluster is made once")
                .help("leave `repeat` out, or call from the internet");
            findings.add(&http.repeat, problem);
        }
    }
    if *http.repeat == 0 || *http.repeat > MOST_CALLS {
        let problem =
            Diagnostic::new(codes::UNSUPPORTED, format!("a check cannot make {} calls", *http.repeat))
                .help(format!("take 1 to {MOST_CALLS}"));
        findings.add(&http.repeat, problem);
    }
}

fn field(expect: &ExpectedField, findings: &mut Findings) {
    if FieldPath::parse(&expect.path).is_none() {
        let problem =
            Diagnostic::new(codes::INVALID_NAME, format!("`{}` is no path of a field", *expect.path)).help(
                "write names joined by dots and positions in brackets, such as `status.conditions[0].type`",
            );
        findings.add(&expect.path, problem);
    }
    let said = [expect.equals.is_some(), expect.contains.is_some(), expect.absent];
    if said.into_iter().filter(|said| *said).count() != 1 {
        let problem = Diagnostic::new(codes::UNSUPPORTED, "say one thing about the field")
            .help("write one of `equals`, `contains` and `absent: true`");
        findings.add(&expect.path, problem);
    }
}
