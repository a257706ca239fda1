//! The command line of the built-in `curl`.

use std::time::Duration;

/// What curl was asked to do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments {
    /// Where the requests go.
    pub urls: Vec<String>,
    /// The method, if one was given.
    pub method: Option<String>,
    /// Headers, `Name: value`.
    pub headers: Vec<String>,
    /// The body, from all `--data`.
    pub data: Option<String>,
    /// The format of `--write-out`.
    pub write_out: Option<String>,
    /// The limit for everything.
    pub max_time: Option<Duration>,
    switches: Vec<Switch>,
}

/// Options without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// `-s`
    Silent,
    /// `-S`
    ShowError,
    /// `-i`
    Include,
    /// `-I`
    Head,
    /// `-v`
    Verbose,
    /// `-f`
    Fail,
    /// `-L`
    Location,
    /// `-o`
    Discard,
    /// Accepted without an effect.
    Nothing,
}

/// Options with a value.
#[derive(Debug, Clone, Copy)]
enum Setting {
    Url,
    Method,
    Header,
    Data,
    WriteOut,
    Output,
    UserAgent,
    MaxTime,
    ConnectTimeout,
}

enum Kind {
    Switch(Switch),
    Setting(Setting),
}

impl Arguments {
    /// Reads a command line; the error is what curl prints.
    pub fn parse(words: &[String]) -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            if let Some(name) = word.strip_prefix("--") {
                let (name, value) =
                    name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
                match long(name).ok_or_else(|| unknown(word))? {
                    Kind::Switch(switch) => arguments.switches.push(switch),
                    Kind::Setting(setting) => {
                        arguments
                            .set(setting, value.or_else(|| words.next()).ok_or_else(|| needs_value(word))?)?;
                    }
                }
            } else if word.len() > 1 && word.starts_with('-') {
                arguments.short(word, &mut words)?;
            } else {
                arguments.urls.push(word.to_owned());
            }
        }
        if arguments.urls.is_empty() {
            return Err("curl: (2) no URL specified".to_owned());
        }
        Ok(arguments)
    }

    /// A switch was given.
    pub fn has(&self, switch: Switch) -> bool {
        self.switches.contains(&switch)
    }

    /// Errors are printed.
    pub fn shows_errors(&self) -> bool {
        !self.has(Switch::Silent) || self.has(Switch::ShowError)
    }

    fn short<'a>(&mut self, word: &'a str, words: &mut impl Iterator<Item = &'a str>) -> Result<(), String> {
        let mut letters = word.strip_prefix('-').unwrap_or_default();
        while let Some(letter) = letters.chars().next() {
            letters = letters.get(letter.len_utf8()..).unwrap_or_default();
            match short(letter).ok_or_else(|| unknown(word))? {
                Kind::Switch(switch) => self.switches.push(switch),
                Kind::Setting(setting) => {
                    let value = if letters.is_empty() { words.next() } else { Some(letters) };
                    return self.set(setting, value.ok_or_else(|| needs_value(word))?);
                }
            }
        }
        Ok(())
    }

    fn set(&mut self, setting: Setting, value: &str) -> Result<(), String> {
        match setting {
            Setting::Url => self.urls.push(value.to_owned()),
            Setting::Method => self.method = Some(value.to_owned()),
            Setting::Header => self.headers.push(value.to_owned()),
            Setting::UserAgent => self.headers.push(format!("User-Agent: {value}")),
            Setting::WriteOut => self.write_out = Some(value.to_owned()),
            Setting::Data => match &mut self.data {
                Some(data) => *data = format!("{data}&{value}"),
                None => self.data = Some(value.to_owned()),
            },
            Setting::Output => match value {
                "-" => {}
                _ => self.switches.push(Switch::Discard),
            },
            Setting::MaxTime => self.max_time = Some(seconds(value)?),
            // A connection to a virtual address is made, or fails, at once.
            Setting::ConnectTimeout => drop(seconds(value)?),
        }
        Ok(())
    }
}

fn long(name: &str) -> Option<Kind> {
    Some(match name {
        "silent" => Kind::Switch(Switch::Silent),
        "show-error" => Kind::Switch(Switch::ShowError),
        "include" | "show-headers" => Kind::Switch(Switch::Include),
        "head" => Kind::Switch(Switch::Head),
        "verbose" => Kind::Switch(Switch::Verbose),
        "fail" => Kind::Switch(Switch::Fail),
        "location" => Kind::Switch(Switch::Location),
        "insecure" | "http1.1" | "no-progress-meter" | "no-buffer" | "ipv4" => Kind::Switch(Switch::Nothing),
        "url" => Kind::Setting(Setting::Url),
        "request" => Kind::Setting(Setting::Method),
        "header" => Kind::Setting(Setting::Header),
        "data" | "data-raw" | "data-ascii" | "data-binary" => Kind::Setting(Setting::Data),
        "write-out" => Kind::Setting(Setting::WriteOut),
        "output" => Kind::Setting(Setting::Output),
        "user-agent" => Kind::Setting(Setting::UserAgent),
        "max-time" => Kind::Setting(Setting::MaxTime),
        "connect-timeout" => Kind::Setting(Setting::ConnectTimeout),
        _ => return None,
    })
}

fn short(letter: char) -> Option<Kind> {
    let name = match letter {
        's' => "silent",
        'S' => "show-error",
        'i' => "include",
        'I' => "head",
        'v' => "verbose",
        'f' => "fail",
        'L' => "location",
        'k' => "insecure",
        'N' => "no-buffer",
        '4' => "ipv4",
        'X' => "request",
        'H' => "header",
        'd' => "data",
        'w' => "write-out",
        'o' => "output",
        'A' => "user-agent",
        'm' => "max-time",
        _ => return None,
    };
    long(name)
}

fn seconds(value: &str) -> Result<Duration, String> {
    let number = value.parse::<f64>().ok().filter(|number| (0.0..1e6).contains(number));
    number
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("curl: expected a proper numerical parameter: {value}"))
}

fn unknown(word: &str) -> String {
    format!("curl: option {word}: is unknown to the sandbox's curl")
}

fn needs_value(word: &str) -> String {
    format!("curl: option {word}: requires parameter")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn short_options_combine_and_take_values_with_or_without_a_space() {
        let arguments =
            parse("-sSm5 -o /dev/null -w %{http_code} -XPOST -H a:b -d x -d y=1 http://a").expect("valid");
        assert!(arguments.has(Switch::Silent) && arguments.has(Switch::Discard) && arguments.shows_errors());
        assert_eq!(arguments.max_time, Some(Duration::from_secs(5)));
        assert_eq!(arguments.method.as_deref(), Some("POST"));
        assert_eq!(arguments.data.as_deref(), Some("x&y=1"));
        assert_eq!(arguments.urls, ["http://a"]);
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        for (line, reason) in [
            ("--proxy x http://a", "--proxy"),
            ("-s", "no URL"),
            ("-m", "requires"),
            ("-m x http://a", "numerical"),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(reason), "{error}");
        }
    }
}
