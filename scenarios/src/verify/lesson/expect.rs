//! Waits until something can be observed.

use super::{Lecture, Stop};
use crate::model::Expectation;
use crate::verify::probe;

pub(super) async fn take(lecture: &mut Lecture<'_>, expectation: &Expectation) -> Result<(), Stop> {
    let looking = probe::within(lecture.session, &expectation.probe, expectation.within_seconds);
    let seen = lecture.timed(looking).await;
    lecture.conclude(&expectation.title, Some(probe::vantage(&expectation.probe)), seen)
}
