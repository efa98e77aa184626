//! The words for letting devices in.

use axum::http::StatusCode;
use stead_rules::signin::DevicesFull;

use super::Problem;
use crate::service::app_passwords::AppPasswordError;
use crate::service::devices::DeviceError;

/// A place for a code gets free within minutes.
const FULL_RETRY_SECONDS: u64 = 60;

impl From<DeviceError> for Problem {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::NoSuchCode => Self::invalid(
                "code",
                "no_such_code",
                "Nothing waits under this code. Compare it with the screen; if it is ten minutes \
                 old, let the screen show another one.",
            ),
            DeviceError::NoSuchDevice => Self::new(
                StatusCode::BAD_REQUEST,
                "no_such_device",
                "This device has no code that waits. Ask for another one.",
            ),
            DeviceError::SlowDown { seconds } => {
                Self::slow_down(seconds, "There were several wrong codes. Wait, then try again.")
            }
            DeviceError::Full(full) => full.into(),
            DeviceError::TooMany => Self::too_many_devices(),
            DeviceError::Name(name) => Self::name(name),
            DeviceError::NotTheOwner => Self::new(
                StatusCode::FORBIDDEN,
                "not_the_owner",
                "Only the owner of this server lets another server in. Ask them.",
            ),
            DeviceError::Provider(error) => Self::internal(&error),
            DeviceError::Core(error) => error.into(),
        }
    }
}

impl From<DevicesFull> for Problem {
    fn from(full: DevicesFull) -> Self {
        let detail = match full {
            DevicesFull::Here => {
                "Several codes wait for this address already. Use one of them, or wait a minute."
            }
            DevicesFull::Everywhere => "Too many devices wait to be let in. Try again in a minute.",
        };
        Self::new(StatusCode::TOO_MANY_REQUESTS, "devices_full", detail)
            .retry_after(FULL_RETRY_SECONDS)
    }
}

impl From<AppPasswordError> for Problem {
    fn from(error: AppPasswordError) -> Self {
        match error {
            AppPasswordError::NotAllowed => Self::new(
                StatusCode::FORBIDDEN,
                "app_passwords_off",
                "Passwords for apps are switched off here. Ask the owner of this server.",
            ),
            AppPasswordError::TooMany => Self::too_many_devices(),
            AppPasswordError::SlowDown { seconds } => {
                Self::slow_down(seconds, "There were several wrong tries. Wait, then try again.")
            }
            AppPasswordError::Name(name) => Self::name(name),
            AppPasswordError::Core(error) => error.into(),
        }
    }
}

impl Problem {
    fn too_many_devices() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "too_many_devices",
            "You have 40 televisions and apps, and more are not kept. End one that you no longer use.",
        )
    }
}
