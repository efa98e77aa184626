//! Everything that is tested from outside, one module an area.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on panics; real processes are waited for in real time"
)]

mod access;
mod accounts_alone;
mod approvals;
mod audit_log;
mod backup;
mod card;
mod claim;
mod clockless;
mod commands;
mod commit_order;
mod config;
mod connections;
mod crowd;
mod devices;
mod directions;
mod discovery;
mod disown;
mod docs;
mod drift;
mod drives;
mod endings;
mod factors;
mod fall_back;
mod find;
mod folders;
mod full_disk;
mod fuzzing;
mod given;
mod gone;
mod hang;
mod harness;
mod helper;
mod home;
mod http2;
mod idle;
mod invitations;
mod issuers;
mod issuers_and_here;
mod issuers_by_code;
mod kills;
mod kills_later;
mod lan;
mod library;
mod local_security;
mod locked;
mod lost;
mod mail;
mod marker_copy;
mod media;
mod older_copy;
mod operator;
mod orphaned;
mod oversized;
mod passkeys;
mod people;
mod plain_playback;
mod plug;
mod policy_acts;
mod policy_board;
mod policy_doors;
mod policy_ease;
mod policy_enrol;
mod policy_grace;
mod policy_house;
mod policy_log;
mod policy_preview;
mod policy_unreadable;
mod profiles;
mod program;
mod provider;
mod proxies;
mod ratings;
mod recovery;
mod reminders;
mod rescue;
mod rescue_by_claim;
mod resets;
mod secret_age;
mod secrets;
mod security_event;
mod server_grant;
mod service_life;
mod setup_page;
mod siege;
mod signin;
mod spelling;
mod ssdp;
mod stalled;
mod strace;
mod stream;
mod throttle;
mod tls;
mod update_source;
mod updates;
mod visibility;
mod ways_back;
mod wipe;
mod worker;
