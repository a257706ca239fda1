//! Prometheus' text format: a family's help and type, then its samples, each family once.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::{self, Display, Write as _};
use std::sync::atomic::Ordering;

use super::{BOUNDS, Histogram, Series, Shard};

/// Which of a shard's histograms.
type Of = fn(&Shard) -> &Histogram;

/// The histograms: name, help, and where they are.
const HISTOGRAMS: [(&str, &str, Of); 2] = [
    ("apimlab_request_duration_seconds", "Duration of gateway requests until the answer begins.", |shard| {
        &shard.total
    }),
    ("apimlab_backend_duration_seconds", "Duration of backend requests until the answer begins.", |shard| {
        &shard.backend
    }),
];

/// All families of these series.
pub fn write(series: &[&Series]) -> String {
    let mut out = String::new();
    head(&mut out, "apimlab_requests_total", "counter", "Gateway requests.");
    for one in series {
        let count: u64 = buckets(one, HISTOGRAMS[0].2).iter().sum();
        line(&mut out, "apimlab_requests_total", one, ("", &count));
    }
    for (name, help, of) in HISTOGRAMS {
        head(&mut out, name, "histogram", help);
        for one in series {
            histogram(&mut out, name, one, of);
        }
    }
    out
}

fn histogram(out: &mut String, name: &str, one: &Series, of: Of) {
    let buckets = buckets(one, of);
    let count: u64 = buckets.iter().sum();
    if count == 0 {
        return;
    }
    let mut below = 0;
    for (bound, inside) in BOUNDS.iter().zip(buckets) {
        below += inside;
        line(out, &format!("{name}_bucket"), one, (&format!(",le=\"{}\"", Seconds(*bound)), &below));
    }
    line(out, &format!("{name}_bucket"), one, (",le=\"+Inf\"", &count));
    let took = one.shards.iter().map(|shard| of(shard).microseconds.load(Ordering::Relaxed)).sum();
    line(out, &format!("{name}_sum"), one, ("", &Seconds(took)));
    line(out, &format!("{name}_count"), one, ("", &count));
}

fn buckets(one: &Series, of: Of) -> [u64; BOUNDS.len() + 1] {
    let mut sums = [0; BOUNDS.len() + 1];
    for shard in &one.shards {
        for (sum, bucket) in sums.iter_mut().zip(&of(shard).buckets) {
            *sum += bucket.load(Ordering::Relaxed);
        }
    }
    sums
}

// Writing into a text does not fail.
fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, one: &Series, (more, value): (&str, &dyn Display)) {
    let [service, api, operation, product] = one.labels.each_ref().map(|label| Escaped(label));
    let status = one.status;
    let _ = writeln!(
        out,
        "{name}{{service=\"{service}\",api=\"{api}\",operation=\"{operation}\",product=\"{product}\",\
         status=\"{status}\"{more}}} {value}"
    );
}

/// Microseconds as seconds.
struct Seconds(u64);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\\' => f.write_str(r"\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str(r"\n"),
            other => f.write_char(other),
        })
    }
}
