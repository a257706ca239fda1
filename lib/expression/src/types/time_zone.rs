//! `System.TimeZoneInfo`, by the IANA database that `jiff` brings along.
//!
//! Follows <https://learn.microsoft.com/dotnet/api/system.timezoneinfo>. Zones have Windows or IANA names.
//!
//! **Differs from Azure:** offsets are those of the IANA database for all years; the local zone is UTC, as the
//! gateway's is.

use std::any::Any;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::host::row;
use super::windows_zones::{iana, windows};
use crate::failure::{Outcome, Throw, exception, null_argument, null_reference};
use crate::registry::{Call, Form, TypeRow};
use crate::text::Str;
use crate::time::{DAY, DateTime, DateTimeOffset, Kind, SECOND, TimeSpan, date};
use crate::value::{Native, Value};

#[derive(Debug)]
struct Zone {
    id: String,
    zone: TimeZone,
}

impl Native for Zone {
    fn type_name(&self) -> &'static str {
        TIME_ZONE_INFO.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_value(&self) -> bool {
        true
    }

    fn text(&self) -> Str {
        Str::from(self.id.as_str())
    }
}

/// What local times of a zone are at a moment or a reading of its clocks.
enum Reading {
    One(i64),
    /// The clock shows it twice; the standard offset.
    Twice(i64),
    Never,
}

impl Zone {
    fn utc() -> Self {
        Self { id: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    fn is_utc(&self) -> bool {
        self.id.eq_ignore_ascii_case("UTC")
    }

    /// Ticks ahead of UTC at a time in UTC.
    fn offset(&self, utc: i64) -> i64 {
        i64::from(self.zone.to_offset(timestamp(utc)).seconds()) * SECOND
    }

    fn is_daylight(&self, utc: i64) -> bool {
        self.zone.to_offset_info(timestamp(utc)).dst().is_dst()
    }

    /// What a local time means.
    fn reading(&self, local: i64) -> Reading {
        let Some(civil) = civil_time(local) else { return Reading::One(0) };
        let ticks = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * SECOND;
        match self.zone.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => Reading::One(ticks(offset)),
            AmbiguousOffset::Gap { .. } => Reading::Never,
            AmbiguousOffset::Fold { before, after } => Reading::Twice(ticks(before).min(ticks(after))),
        }
    }

    fn base(&self, now: i64) -> i64 {
        let quarters = (0..4).map(|quarter| now + quarter * 91 * DAY);
        let standard = quarters.clone().find(|at| !self.is_daylight(*at));
        self.offset(standard.unwrap_or(now))
    }

    /// The time in UTC of a local time.
    fn to_utc(&self, local: i64) -> Outcome<i64> {
        match self.reading(local) {
            Reading::One(offset) | Reading::Twice(offset) => Ok(local - offset),
            Reading::Never => Err(exception(
                "System.ArgumentException",
                "The supplied DateTime represents an invalid time.  For example, when the clock is adjusted forward, any time in the period that is skipped is invalid. (Parameter 'dateTime')",
            )),
        }
    }
}

fn unix(ticks: i64) -> i64 {
    (ticks - DateTime::unix(0).ticks).div_euclid(SECOND)
}

fn timestamp(ticks: i64) -> Timestamp {
    Timestamp::from_second(unix(ticks)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn civil_time(ticks: i64) -> Option<civil::DateTime> {
    let (year, month, day) = date(ticks);
    let seconds = ticks.rem_euclid(DAY) / SECOND;
    let part = |value: i64| i8::try_from(value).ok();
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    civil::DateTime::new(
        i16::try_from(year).ok()?,
        part(month)?,
        part(day)?,
        part(hour)?,
        part(minute)?,
        part(second)?,
        0,
    )
    .ok()
}

fn find(id: &Value) -> Outcome<Zone> {
    let Value::String(id) = id else { return Err(null_argument("id")) };
    let id = id.text();
    if id.eq_ignore_ascii_case("UTC") {
        return Ok(Zone::utc());
    }
    let zone = TimeZone::get(iana(&id).unwrap_or(&id));
    zone.map(|zone| Zone { id: id.to_string(), zone }).map_err(|_| {
        exception(
            "System.TimeZoneNotFoundException",
            format!("The time zone ID '{id}' was not found on the local computer."),
        )
    })
}

fn zone(value: &Value) -> Outcome<&Zone> {
    match value {
        Value::Native(native) => native.as_any().downcast_ref().ok_or_else(null_reference),
        _ => Err(null_argument("destinationTimeZone")),
    }
}

fn moment(value: &Value) -> Outcome<DateTime> {
    match value {
        Value::DateTime(time) => Ok(*time),
        _ => Err(null_reference()),
    }
}

fn wrong_kind() -> Throw {
    exception(
        "System.ArgumentException",
        "The conversion could not be completed because the supplied DateTime did not have the Kind property set correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be TimeZoneInfo.Local. (Parameter 'sourceTimeZone')",
    )
}

/// A local time of one zone in UTC; what has a kind must be of that zone.
fn source(time: DateTime, from: &Zone) -> Outcome<i64> {
    match time.kind {
        Kind::Utc | Kind::Local if from.is_utc() => Ok(time.ticks),
        Kind::Unspecified => from.to_utc(time.ticks),
        _ => Err(wrong_kind()),
    }
}

fn shown(utc: i64, to: &Zone) -> Outcome {
    let kind = if to.is_utc() { Kind::Utc } else { Kind::Unspecified };
    Ok(Value::DateTime(DateTime { ticks: utc, kind }.add(to.offset(utc))?))
}

/// A time that says itself what it refers to: the local zone is UTC.
fn convert(value: &Value, to: &Zone) -> Outcome {
    match value {
        Value::DateTimeOffset(time) => {
            let utc = time.utc_ticks();
            let offset = to.offset(utc);
            Ok(Value::DateTimeOffset(DateTimeOffset {
                ticks: utc + offset,
                offset: (offset / (60 * SECOND)) as i32,
            }))
        }
        other => shown(moment(other)?.ticks, to),
    }
}

/// The time in UTC of a `DateTime` in a zone, or of a `DateTimeOffset`.
fn instant(at: &Zone, value: &Value) -> Outcome<i64> {
    match value {
        Value::DateTimeOffset(time) => Ok(time.utc_ticks()),
        other => {
            let time = moment(other)?;
            Ok(match (time.kind, at.reading(time.ticks)) {
                (Kind::Unspecified, Reading::One(offset) | Reading::Twice(offset)) => time.ticks - offset,
                (Kind::Unspecified, Reading::Never) => time.ticks - at.base(time.ticks),
                _ => time.ticks,
            })
        }
    }
}

fn name(c: Call<'_>, daylight: bool) -> Outcome {
    let zone = zone(c.value(0))?;
    if zone.is_utc() {
        return Ok(Value::text("Coordinated Universal Time"));
    }
    let standard = windows(&zone.id).unwrap_or(&zone.id);
    let shown = if daylight { standard.replace("Standard", "Daylight") } else { standard.to_owned() };
    Ok(Value::text(&shown))
}

fn span(ticks: i64) -> Value {
    Value::TimeSpan(TimeSpan { ticks })
}

pub const TIME_ZONE_INFO: TypeRow = TypeRow {
    form: Form::Class,
    ..row(
        "System.TimeZoneInfo",
        &[
            ("static TimeZoneInfo Utc { get; }", |_, _| Ok(Value::native(Zone::utc()))),
            ("static TimeZoneInfo Local { get; }", |_, _| Ok(Value::native(Zone::utc()))),
            ("static TimeZoneInfo FindSystemTimeZoneById(string id)", |_, c| {
                find(c.value(0)).map(Value::native)
            }),
            ("static DateTime ConvertTimeToUtc(DateTime dateTime)", |_, c| {
                Ok(Value::DateTime(DateTime { kind: Kind::Utc, ..moment(c.value(0))? }))
            }),
            ("static DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo sourceTimeZone)", |_, c| {
                let ticks = source(moment(c.value(0))?, zone(c.value(1))?)?;
                Ok(Value::DateTime(DateTime { ticks: ticks.max(0), kind: Kind::Utc }))
            }),
            (
                "static DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo destinationTimeZone)",
                |_, c| {
                    let time = moment(c.value(0))?;
                    if time.kind == Kind::Local {
                        return Err(wrong_kind());
                    }
                    shown(time.ticks, zone(c.value(1))?)
                },
            ),
            ("static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo destinationTimeZone)", |_, c| {
                convert(c.value(0), zone(c.value(1))?)
            }),
            (
                "static DateTimeOffset ConvertTime(DateTimeOffset dateTimeOffset, TimeZoneInfo destinationTimeZone)",
                |_, c| convert(c.value(0), zone(c.value(1))?),
            ),
            (
                "static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo sourceTimeZone, TimeZoneInfo destinationTimeZone)",
                |_, c| shown(source(moment(c.value(0))?, zone(c.value(1))?)?, zone(c.value(2))?),
            ),
            (
                "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string destinationTimeZoneId)",
                |_, c| convert(c.value(0), &find(c.value(1))?),
            ),
            (
                "static DateTimeOffset ConvertTimeBySystemTimeZoneId(DateTimeOffset dateTimeOffset, string destinationTimeZoneId)",
                |_, c| convert(c.value(0), &find(c.value(1))?),
            ),
            (
                "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string sourceTimeZoneId, string destinationTimeZoneId)",
                |_, c| shown(source(moment(c.value(0))?, &find(c.value(1))?)?, &find(c.value(2))?),
            ),
            ("string Id { get; }", |_, c| Ok(Value::text(&zone(c.value(0))?.id))),
            ("string StandardName { get; }", |_, c| name(c, false)),
            ("string DaylightName { get; }", |_, c| name(c, true)),
            ("TimeSpan BaseUtcOffset { get; }", |m, c| {
                let now = DateTime::unix(m.host.now()).ticks;
                Ok(span(zone(c.value(0))?.base(now)))
            }),
            ("bool SupportsDaylightSavingTime { get; }", |m, c| {
                let (zone, now) = (zone(c.value(0))?, DateTime::unix(m.host.now()).ticks);
                Ok(Value::Bool((0..4).any(|quarter| zone.is_daylight(now + quarter * 91 * DAY))))
            }),
            ("TimeSpan GetUtcOffset(DateTime dateTime)", |_, c| {
                let zone = zone(c.value(0))?;
                Ok(span(zone.offset(instant(zone, c.value(1))?)))
            }),
            ("TimeSpan GetUtcOffset(DateTimeOffset dateTimeOffset)", |_, c| {
                let zone = zone(c.value(0))?;
                Ok(span(zone.offset(instant(zone, c.value(1))?)))
            }),
            ("bool IsDaylightSavingTime(DateTime dateTime)", |_, c| {
                let zone = zone(c.value(0))?;
                Ok(Value::Bool(zone.is_daylight(instant(zone, c.value(1))?)))
            }),
            ("bool IsDaylightSavingTime(DateTimeOffset dateTimeOffset)", |_, c| {
                let zone = zone(c.value(0))?;
                Ok(Value::Bool(zone.is_daylight(instant(zone, c.value(1))?)))
            }),
            ("bool IsInvalidTime(DateTime dateTime)", |_, c| {
                let reading = zone(c.value(0))?.reading(moment(c.value(1))?.ticks);
                Ok(Value::Bool(matches!(reading, Reading::Never)))
            }),
            ("bool IsAmbiguousTime(DateTime dateTime)", |_, c| {
                let reading = zone(c.value(0))?.reading(moment(c.value(1))?.ticks);
                Ok(Value::Bool(matches!(reading, Reading::Twice(_))))
            }),
            ("bool Equals(TimeZoneInfo other)", |_, c| {
                Ok(Value::Bool(crate::run::convert::equal(c.value(0), c.value(1))))
            }),
        ],
        &[
            "DisplayName",
            "GetSystemTimeZones",
            "GetAdjustmentRules",
            "GetAmbiguousTimeOffsets",
            "HasSameRules",
            "CreateCustomTimeZone",
            "FromSerializedString",
            "ToSerializedString",
        ],
    )
};
