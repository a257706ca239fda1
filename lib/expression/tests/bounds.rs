//! Expressions that would take for ever, or all memory, end with a failure: within a quarter of a second (in a release
//! build) and 64 MiB. Each runs in a process of its own, which tells how long it took and how much it had at most.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::process::{Command, ExitCode};
use std::time::Duration;

use expression::{Environment, Failure, Form, Host, Limits, Memory, Type, Value, compile, text};
use sim::Clock;

const MOST: Duration = Duration::from_millis(250);
const MOST_KIB: u64 = 64 << 10;

/// What an expression must end with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ends {
    /// A limit, or an exception of .NET's.
    Failure,
    /// Anything: what matters is that it ends.
    Anyhow,
}
use Ends::{Anyhow, Failure as Fails};

const ROWS: &[(&str, Ends, &str)] = &[
    ("nothing", Anyhow, "return 1;"),
    ("endless loop", Fails, "while (true) { } return 1;"),
    ("endless for", Fails, "for (;;) { var x = 1; } return 1;"),
    ("endless do", Fails, "var s = 0; do { s = s * 31 + 7; } while (s != 1 || true); return 1;"),
    (
        "loop around a catch",
        Fails,
        "while (true) { try { throw new Exception(\"a\"); } catch { } } return 1;",
    ),
    ("loop in a finally", Fails, "try { return 1; } finally { while (true) { } }"),
    ("endless range, summed", Fails, "return Enumerable.Range(0, int.MaxValue).Sum(x => (long)x);"),
    ("endless range, listed", Fails, "return Enumerable.Range(0, int.MaxValue).ToList();"),
    ("endless range, counted", Fails, "return Enumerable.Range(0, int.MaxValue).Where(x => x < 0).Count();"),
    ("endless range, sorted", Fails, "return Enumerable.Range(0, int.MaxValue).OrderBy(x => -x).First();"),
    ("repeated strings", Fails, "return string.Join(\",\", Enumerable.Repeat(\"abcdefgh\", int.MaxValue));"),
    ("repeated characters", Fails, "return new string('a', int.MaxValue);"),
    ("doubled string", Fails, "var s = \"ab\"; while (true) { s += s; } return s;"),
    ("doubled wide string", Fails, "var s = \"\u{e9}\"; while (true) { s = s + s; } return s;"),
    (
        "doubled by replacement",
        Fails,
        "var s = \"aaaa\"; while (true) { s = s.Replace(\"a\", \"aa\"); } return s;",
    ),
    ("doubled by a join", Fails, "var s = \"a\"; while (true) { s = string.Join(s, s, s); } return s;"),
    ("doubled by interpolation", Fails, "var s = \"a\"; while (true) { s = $\"{s}{s}\"; } return s;"),
    ("padding", Fails, "return \"a\".PadLeft(int.MaxValue);"),
    ("width in a format", Anyhow, "return string.Format(\"{0,2000000000}\", 1);"),
    ("precision in a format", Anyhow, "return 1.5.ToString(\"F999999999\");"),
    ("width of digits", Anyhow, "return 1.ToString(\"D999999999\");"),
    ("large array", Fails, "return new int[int.MaxValue];"),
    ("many arrays", Fails, "var l = new List<object>(); while (true) { l.Add(new byte[10000]); } return 1;"),
    ("growing list", Fails, "var l = new List<int>(); while (true) { l.Add(1); } return 1;"),
    (
        "growing dictionary",
        Fails,
        "var d = new Dictionary<int, int>(); var i = 0; while (true) { d[i++] = i; } return 1;",
    ),
    ("growing array of tokens", Fails, "var a = new JArray(); while (true) { a.Add(1); } return 1;"),
    (
        "growing object",
        Fails,
        "var o = new JObject(); var i = 0; while (true) { o[\"k\" + i++] = i; } return 1;",
    ),
    (
        "nested objects",
        Fails,
        "JToken o = new JObject(); while (true) { var p = new JObject(); p[\"a\"] = o; o = p; } return 1;",
    ),
    (
        "deep copies",
        Fails,
        "var a = new JArray(); a.Add(1); while (true) { a.Add(a.DeepClone()); } return 1;",
    ),
    (
        "growing set of closures",
        Fails,
        "Func<int> f = () => 1; while (true) { var g = f; f = () => g() + 1; } return 1;",
    ),
    ("recursion", Fails, "int f(int n) { return n + f(n + 1); } return f(0);"),
    ("wide recursion", Fails, "int f(int n) { return n > 40 ? 1 : f(n + 1) + f(n + 1); } return f(0);"),
    ("recursion of delegates", Fails, "Func<int, int> f = null; f = n => f(n + 1) + f(n + 2); return f(0);"),
    (
        "squared range",
        Fails,
        "return Enumerable.Range(0, 100000).SelectMany(x => Enumerable.Range(0, 100000)).Count();",
    ),
    (
        "nested sequences",
        Anyhow,
        "IEnumerable<int> s = Enumerable.Range(0, 3); for (int i = 0; i < 20000; i++) { s = s.Select(x => x + 1); } return s.Sum();",
    ),
    (
        "concatenated sequences",
        Anyhow,
        "IEnumerable<int> s = Enumerable.Range(0, 3); for (int i = 0; i < 40; i++) { s = s.Concat(s); } return s.Count();",
    ),
    ("catastrophic regex", Fails, "return Regex.IsMatch(new string('a', 60) + \"!\", \"^(?:(a+)+)(?=x)$\");"),
    (
        "regex with references",
        Fails,
        "return Regex.IsMatch(new string('a', 5000), @\"^(.*)(.*)(.*)\\1\\2\\3x$\");",
    ),
    ("large repetition", Anyhow, "return Regex.IsMatch(\"a\", \"((a{1,1000}){1,1000}){1,1000}\");"),
    ("regex in a loop", Fails, "while (true) { Regex.Replace(\"abc\", \"b(?=c)\", \"x\"); } return 1;"),
    (
        "many matches",
        Fails,
        "var s = new string('a', 100000); while (true) { Regex.Replace(s, \"a\", \"bb\"); } return 1;",
    ),
    (
        "search in a loop",
        Fails,
        "var s = new string('a', 1000000); while (true) { s.IndexOf(\"b\"); } return 1;",
    ),
    (
        "search of a long text",
        Fails,
        "var s = new string('\u{e9}', 1000000); var p = new string('\u{e9}', 400000) + \"x\"; while (true) { s.IndexOf(p); } return 1;",
    ),
    (
        "comparison in a loop",
        Fails,
        "var s = new string('a', 1000000); var p = new string('a', 999999) + \"b\"; while (true) { string.Compare(s, p); } return 1;",
    ),
    ("case in a loop", Fails, "var s = new string('a', 1000000); while (true) { s.ToUpper(); } return 1;"),
    ("parts in a loop", Fails, "var s = new string(',', 100000); while (true) { s.Split(','); } return 1;"),
    (
        "contains in a loop",
        Fails,
        "var l = Enumerable.Range(0, 100000).ToList(); while (true) { l.Contains(-1); } return 1;",
    ),
    ("insertion at the front", Fails, "var l = new List<int>(); while (true) { l.Insert(0, 1); } return 1;"),
    (
        "sorting in a loop",
        Fails,
        "var l = Enumerable.Range(0, 20000).ToArray(); while (true) { l.OrderBy(x => x).Last(); } return 1;",
    ),
    ("deep JSON", Anyhow, "return JToken.Parse(new string('[', 1000000));"),
    (
        "much JSON",
        Anyhow,
        "return JToken.Parse(\"[\" + string.Join(\",\", Enumerable.Repeat(\"1\", 400000)) + \"]\");",
    ),
    ("JSON of the body", Anyhow, "return context.Request.Body.As<JArray>(true).Count;"),
    ("JSON in a loop", Fails, "while (true) { context.Request.Body.As<JArray>(true); } return 1;"),
    (
        "text of JSON in a loop",
        Fails,
        "var a = JToken.Parse(\"[1,2,3,[4,5,6]]\"); while (true) { a.ToString(); } return 1;",
    ),
    (
        "bytes in a loop",
        Fails,
        "var s = new string('a', 1000000); while (true) { Encoding.UTF8.GetBytes(s); } return 1;",
    ),
    (
        "hashes in a loop",
        Fails,
        "var b = new byte[100000]; while (true) { SHA512.Create().ComputeHash(b); } return 1;",
    ),
    (
        "base64 in a loop",
        Fails,
        "var b = new byte[100000]; while (true) { Convert.ToBase64String(b); } return 1;",
    ),
    ("decimal powers", Fails, "var d = 1.0000001m; while (true) { d = d * 1.0000001m % 3m; } return 1;"),
    ("aggregated strings", Fails, "return Enumerable.Range(0, 1000000).Aggregate(\"\", (a, x) => a + x);"),
];

struct World;

impl Host for World {
    fn context(&self) -> Value {
        let body = format!("[{}1]", "1,".repeat(500_000));
        let request = Memory::new(Type::named("IRequest"))
            .with("Body", Memory::new(Type::named("IMessageBody")).body(body.as_bytes()).value());
        Memory::new(Type::named("IContext")).with("Request", request.value()).value()
    }

    fn now(&self) -> i64 {
        Clock::system().now().unix_millis()
    }

    fn random(&self, _bytes: &mut [u8]) {}
}

/// One row: says `<milliseconds> <peak KiB> <failure>`.
fn child(row: usize) {
    let source = ROWS[row].2;
    let compiled = match compile(source, Form::Block, &Environment::default()) {
        Ok(compiled) => compiled,
        Err(problems) => {
            println!("0 0 does not compile: {}", problems[0]);
            return;
        }
    };
    let clock = Clock::system();
    let started = clock.elapsed();
    let limits = Limits::default();
    let outcome =
        compiled.evaluate(&World, &limits).and_then(|value| text(&value, &World, &limits).map(|_| ()));
    let took = clock.elapsed().saturating_sub(started).as_millis();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    let peak = peak.split_whitespace().next().unwrap_or("0");
    let end = match outcome {
        Ok(()) => "a value".to_owned(),
        Err(Failure::Limit(limit)) => format!("failure: {limit}"),
        Err(Failure::Exception { ty, .. }) => format!("failure: {ty}"),
    };
    println!("{took} {peak} {end}");
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--row"), Some(row)) => {
            // What workers of the gateway have.
            let run = move || child(row.parse().unwrap());
            std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
            return ExitCode::SUCCESS;
        }
        (Some("--list"), _) => return ExitCode::SUCCESS,
        _ => {}
    }
    let mut problems = Vec::new();
    let mut least = 0;
    for (index, (name, ends, _)) in ROWS.iter().enumerate() {
        let program = std::env::current_exe().unwrap();
        let output = Command::new(program).args(["--row", &index.to_string()]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{name:28} {}", said.trim());
        let mut words = said.splitn(3, ' ');
        let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
        let (took, peak) = (number(), number());
        let end = words.next().unwrap_or_default().trim().to_owned();
        let (Some(took), Some(peak), true) = (took, peak, output.status.success()) else {
            problems.push(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
            continue;
        };
        if index == 0 {
            least = peak;
        }
        // A machine may be busy.
        let slower = if cfg!(debug_assertions) { 40 } else { 4 };
        if Duration::from_millis(took) > MOST * slower {
            problems.push(format!("{name}: took {took} ms"));
        }
        if peak.saturating_sub(least) > MOST_KIB {
            problems.push(format!("{name}: had {} KiB", peak - least));
        }
        if end.starts_with("does not compile") || (*ends == Fails && !end.starts_with("failure")) {
            problems.push(format!("{name}: {end}"));
        }
    }
    for problem in &problems {
        println!("{problem}");
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
