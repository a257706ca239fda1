//! Maintenance configurations: <https://learn.microsoft.com/azure/aks/planned-maintenance>.
//!
//! **Differs from Azure:** stored and shown; as nothing is upgraded by itself, no schedule does anything.

use arm::ErrorResponse;
use serde_json::Value;

use super::profile::invalid;
use crate::engine::{Definition, Draft, Example, Fidelity, Names, array, property, set_default};

/// The names that mean something; the first is planned by hours, the others by windows.
const NAMES: &[&str] = &["default", "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ContainerService/managedClusters/maintenanceConfigurations",
    summary: "When a cluster may be upgraded.",
    modelled: "2025-10-01",
    names: Names::Fixed(NAMES),
    fidelity: Fidelity::Approximate("stored only: nothing is upgraded by itself"),
    examples: &[
        Example {
            id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example-cluster/maintenanceConfigurations/default",
            body: r#"{"properties": {"timeInWeek": [{"day": "Monday", "hourSlots": [1, 2]}]}}"#,
            patch: None,
            after: &[],
        },
        Example {
            id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example-cluster/maintenanceConfigurations/aksManagedAutoUpgradeSchedule",
            body: r#"{"properties": {"maintenanceWindow": {"durationHours": 6, "startTime": "02:00",
                "schedule": {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Sunday"}}}}}"#,
            patch: None,
            after: &[],
        },
    ],
    defaults: |draft| {
        if !property(draft.properties(), &["maintenanceWindow"]).is_null() {
            set_default(&mut draft.body, &["properties", "maintenanceWindow", "utcOffset"], "+00:00");
        }
        Ok(())
    },
    check,
    ..Definition::CHILD
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let window = property(draft.properties(), &["maintenanceWindow"]);
    if draft.id.name().eq_ignore_ascii_case("default") {
        let hours =
            array(draft.properties(), &["timeInWeek"]).iter().flat_map(|day| array(day, &["hourSlots"]));
        if hours.into_iter().all(|hour| hour.as_u64().is_some_and(|hour| hour < 24)) {
            return Ok(());
        }
        return Err(invalid("timeInWeek.hourSlots", "An hour slot must be between 0 and 23."));
    }
    if window.is_null() {
        let message =
            format!("The maintenance configuration '{}' needs a maintenanceWindow.", draft.id.name());
        return Err(invalid("maintenanceWindow", &message));
    }
    if !property(window, &["durationHours"]).as_u64().is_some_and(|hours| (4..=24).contains(&hours)) {
        return Err(invalid(
            "maintenanceWindow.durationHours",
            "The duration must be between 4 and 24 hours.",
        ));
    }
    if !is_time(property(window, &["startTime"])) {
        return Err(invalid("maintenanceWindow.startTime", "The start time must be written as HH:mm."));
    }
    let schedule = property(window, &["schedule"]);
    let kinds = ["daily", "weekly", "absoluteMonthly", "relativeMonthly"];
    if kinds.iter().filter(|kind| !property(schedule, &[kind]).is_null()).count() == 1 {
        return Ok(());
    }
    Err(invalid(
        "maintenanceWindow.schedule",
        "One of daily, weekly, absoluteMonthly and relativeMonthly must be given.",
    ))
}

fn is_time(value: &Value) -> bool {
    let parts = value.as_str().and_then(|text| text.split_once(':'));
    parts.is_some_and(|(hours, minutes)| {
        (hours.len(), minutes.len()) == (2, 2)
            && hours.parse::<u8>().is_ok_and(|hours| hours < 24)
            && minutes.parse::<u8>().is_ok_and(|minutes| minutes < 60)
    })
}
